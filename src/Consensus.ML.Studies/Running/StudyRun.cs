using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>One training of a study: a method, a fold and a seed.</summary>
internal sealed record StudyRun(StudyMethod Method, StudyFold Fold, int Seed)
{
    /// <summary>The name of the run in messages.</summary>
    public override string ToString() => Text.Invariant($"{Method}, {Fold.Name}, seed {Seed}");
}
