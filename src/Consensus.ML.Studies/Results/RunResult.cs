namespace Consensus.ML.Studies;

/// <summary>What came of one run.</summary>
internal sealed record RunResult(StudyRun Run, TrainingRecord Training, IReadOnlyList<CaseRecord> Cases, RunFolder Files);
