using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>The results of one run.</summary>
internal sealed record RunResult(StudyRun Run, TrainingRecord Training, IReadOnlyList<CaseRecord> Cases, RunFolder Files);
