using System.Runtime.ExceptionServices;
using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Prediction;

/// <summary>What came of an input before it is written.</summary>
/// <param name="Case">The input as the user gave it.</param>
/// <param name="Time">The time that it took.</param>
internal sealed record PredictionOutcome(RaterCase Case, TimeSpan Time)
{
    /// <summary>The results that are there already; null where there was something to do.</summary>
    public IReadOnlyList<string>? Finished { get; init; }

    /// <summary>What was to be predicted; null if that is not known.</summary>
    public PredictionInput? Input { get; init; }

    /// <summary>Its maps; null for a volume, which is predicted when its turn comes.</summary>
    public IReadOnlyList<PredictedStructure>? Maps { get; init; }

    /// <summary>What went wrong; null for nothing.</summary>
    public ExceptionDispatchInfo? Failure { get; init; }
}
