using Consensus.ML.Studies.Folds;
using Consensus.ML.Studies.Methods;

namespace Consensus.ML.Studies.Running;

/// <summary>One cell of the study's grid: a method trained once.</summary>
internal sealed record StudyRun(StudyMethod Method, StudyFold Fold, int Seed)
{
    /// <summary>For messages.</summary>
    public override string ToString() => Text.Invariant($"{Method}, {Fold.Name}, seed {Seed}");
}
