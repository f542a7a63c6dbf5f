using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>One cell of the study's grid: a method trained once.</summary>
internal sealed record StudyRun(StudyMethod Method, StudyFold Fold, int Seed)
{
    /// <summary>For messages.</summary>
    public override string ToString() => Text.Invariant($"{Method}, {Fold.Name}, seed {Seed}");
}
