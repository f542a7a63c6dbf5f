using Consensus.Imaging;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// How well a model draws what each named rater would draw: the Dice of the predicted mask of a rater with the mask that the rater drew,
/// and with the masks of the others. A model that knows whose mask it draws is nearer to the rater than to the others.
/// </summary>
public sealed class RaterMapScores
{
    /// <summary>Averages the scores of each rater over cases.</summary>
    /// <param name="cases">A score for each case and rater, at least one.</param>
    /// <param name="options">The options for confidence intervals; null for the defaults.</param>
    /// <param name="volumes">The same over volumes, for <see cref="Volumes"/>; null or empty for none.</param>
    /// <exception cref="ArgumentException">There is no score, or an option is out of range.</exception>
    public RaterMapScores(
        IEnumerable<CaseRaterScore> cases,
        EvaluationOptions? options = null,
        IEnumerable<CaseRaterScore>? volumes = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        options ??= new();
        options.Check();
        Cases = Array.AsReadOnly<CaseRaterScore>([.. cases]);
        if (Cases.Count == 0)
        {
            throw new ArgumentException("There is no score to average over.", nameof(cases));
        }

        Raters = Array.AsReadOnly<RaterMapScore>(
        [
            .. Cases.Select(one => one.Rater).Distinct(StringComparer.Ordinal).Select(rater =>
            {
                CaseRaterScore[] own = [.. Cases.Where(one => one.Rater == rater)];
                return new RaterMapScore(
                    rater, own.Length, own.Average(one => one.Dice),
                    Bootstrap.OfMean(
                        [.. own.Select(one => one.Dice)], GroupNames.OfCases(own.Select(one => one.Group)), options.Confidence,
                        options.BootstrapResamples, options.Seed),
                    MeanOf(own.Select(one => one.DiceWithOthers)));
            }),
        ]);
        Dice = Raters.Average(rater => rater.Dice);
        DiceWithOthers = MeanOf(Raters.Select(rater => rater.DiceWithOthers));
        CaseRaterScore[] together = [.. volumes ?? []];
        Volumes = together.Length == 0 ? null : new(together, options);
    }

    /// <summary>The mean of <see cref="RaterMapScore.Dice"/> over raters, in [0, 1]; higher is better.</summary>
    public double Dice { get; }

    /// <summary>The mean of <see cref="RaterMapScore.DiceWithOthers"/> over raters; NaN where no case has two raters.</summary>
    public double DiceWithOthers { get; }

    /// <summary>The scores of each rater, in the order in which the cases name them.</summary>
    public IReadOnlyList<RaterMapScore> Raters { get; }

    /// <summary>
    /// The same over volumes: the pixels of all slices of a volume that the data has count together. Null if no two cases are slices of one
    /// volume.
    /// </summary>
    public RaterMapScores? Volumes { get; }

    /// <summary>The scores of each case and rater.</summary>
    public IReadOnlyList<CaseRaterScore> Cases { get; }

    private static double MeanOf(IEnumerable<double> values) =>
        values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>How well a model draws the masks of one rater.</summary>
/// <param name="Rater">The name of the rater.</param>
/// <param name="Cases">The number of cases that the rater drew.</param>
/// <param name="Dice">Dice of the predicted and the rater's own mask, mean over these cases, in [0, 1]; higher is better.</param>
/// <param name="Interval">The confidence interval of that mean.</param>
/// <param name="DiceWithOthers">
/// Dice of the predicted mask with the masks of the other raters, averaged over them, mean over cases; NaN where there are no others.
/// </param>
public sealed record RaterMapScore(string Rater, int Cases, double Dice, ConfidenceInterval Interval, double DiceWithOthers);

/// <summary>How well a model draws the mask of one rater of a case.</summary>
/// <param name="Case">The name of the case.</param>
/// <param name="Rater">The name of the rater.</param>
/// <param name="Dice">
/// 2·TP / (2·TP + FP + FN) of the predicted mask, which is marked above one half, and the rater's own; 1 where both are empty.
/// </param>
/// <param name="DiceWithOthers">The same with the masks of the other raters, averaged over them; NaN where there are none.</param>
public sealed record CaseRaterScore(string Case, string Rater, double Dice, double DiceWithOthers)
{
    /// <summary>The group of the case, such as a patient; null (the default) where the case is a group by itself.</summary>
    public string? Group { get; init; }

    /// <summary>Scores the mask that a model draws for one rater of a case against the masks of all of them.</summary>
    /// <param name="name">The name of the case.</param>
    /// <param name="rater">The name of the rater; one of <paramref name="raterNames"/>.</param>
    /// <param name="map">The mask that the model draws for the rater, row by row, in [0, 1]. It is marked above one half.</param>
    /// <param name="masks">The raters' masks, of the map's height and width.</param>
    /// <param name="raterNames">The name of each mask's rater.</param>
    /// <exception cref="ArgumentException">
    /// The map has more or fewer pixels than the masks, there are more or fewer names than masks, two of them are equal, or the rater is
    /// not among them.
    /// </exception>
    public static CaseRaterScore Compute(
        string name, string rater, ReadOnlySpan<float> map, RaterMasks masks, IReadOnlyList<string> raterNames)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(rater);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(raterNames);
        if (CaseAgreement.ProblemWith(raterNames, masks.Raters) is { } problem)
        {
            throw new ArgumentException($"There are {problem}.", nameof(raterNames));
        }

        string[] names = [.. raterNames];
        if (!names.Contains(rater, StringComparer.Ordinal))
        {
            throw new ArgumentException($"'{rater}' is none of the raters of this case: {string.Join(", ", names)}.", nameof(rater));
        }

        return RaterOverlap.Of(rater, map, masks, names).Score(name);
    }
}
