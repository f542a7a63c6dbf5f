namespace Consensus.ML.Options;

/// <summary>What the kinds of one-pass networks have in common, and in what they differ.</summary>
public static class UNetKinds
{
    // A kind that is not here has none of these features.
    private static readonly Dictionary<UNetKind, Features> Table = new()
    {
        [UNetKind.Levels] = Features.RoundsMaps,
        [UNetKind.MultiHead] = Features.LevelsAreRaters,
        [UNetKind.MonteCarloDropout] = Features.DrawsAtRandom,
        [UNetKind.MultiRaterAgreement] = Features.LevelsAreRaters,
        [UNetKind.StochasticSegmentation] = Features.DrawsAtRandom,
        [UNetKind.ProbabilisticUNet] = Features.DrawsAtRandom,
    };

    [Flags]
    private enum Features
    {
        None = 0,
        RoundsMaps = 1,
        LevelsAreRaters = 2,
        DrawsAtRandom = 4,
    }

    /// <summary>
    /// Whether each level stands for one rater. The number of levels is then the number of different raters, and no option can change it.
    /// </summary>
    /// <param name="kind">The kind.</param>
    public static bool LevelsAreRaters(this UNetKind kind) => Has(kind, Features.LevelsAreRaters);

    /// <summary>
    /// Whether a prediction is the mean of random passes, so that <see cref="SamplingOptions.Generations"/> says how many there are.
    /// </summary>
    /// <param name="kind">The kind.</param>
    public static bool DrawsAtRandom(this UNetKind kind) => Has(kind, Features.DrawsAtRandom);

    /// <summary>Whether maps are rounded before their mean becomes the soft map, unless an option says otherwise.</summary>
    internal static bool RoundsMaps(this UNetKind kind) => Has(kind, Features.RoundsMaps);

    private static bool Has(UNetKind kind, Features feature) => (Table.GetValueOrDefault(kind) & feature) != 0;
}
