using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// How well people predict the raters' soft maps: the means over cases of <see cref="RaterYardsticks"/>. Beside a model's soft Dice at the
/// five thresholds they say how good that score is.
/// </summary>
public sealed class HumanYardsticks
{
    /// <summary>Averages the yardsticks of <paramref name="cases"/>.</summary>
    /// <param name="cases">The yardsticks of each case, at least one.</param>
    /// <param name="groups">
    /// The group (patient, volume) of each case; null for a case that is a group by itself. There are as many groups as cases.
    /// </param>
    /// <param name="options">The options for confidence intervals; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no case, or there are more or fewer groups than cases.</exception>
    public HumanYardsticks(IReadOnlyList<RaterYardsticks> cases, IReadOnlyList<string?> groups, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(groups);
        if (cases.Count == 0)
        {
            throw new ArgumentException("There is no case to average over.", nameof(cases));
        }

        options ??= new();
        options.Check();

        string[] names = GroupNames.OfCases(groups);
        OneAgainstAll = Summarise(one => one.OneAgainstAll);
        OneAgainstOthers = Summarise(one => one.OneAgainstOthers);
        HalfAgainstHalf = Summarise(one => one.HalfAgainstHalf);
        MajorityAgainstAll = Summarise(one => one.MajorityAgainstAll);

        Yardstick Summarise(Func<RaterYardsticks, double> value)
        {
            double[] values = [.. cases.Select(value)];
            return new(
                values.Where(number => !double.IsNaN(number)).DefaultIfEmpty(double.NaN).Average(),
                Bootstrap.OfMean(values, names, options.Confidence, options.BootstrapResamples, options.Seed));
        }
    }

    internal HumanYardsticks(
        Yardstick oneAgainstAll, Yardstick oneAgainstOthers, Yardstick halfAgainstHalf, Yardstick majorityAgainstAll) =>
        (OneAgainstAll, OneAgainstOthers, HalfAgainstHalf, MajorityAgainstAll) =
            (oneAgainstAll, oneAgainstOthers, halfAgainstHalf, majorityAgainstAll);

    /// <summary>One rater's mask against the soft map of all raters.</summary>
    public Yardstick OneAgainstAll { get; }

    /// <summary>One rater's mask against the soft map of the other raters; NaN where every case has one rater.</summary>
    public Yardstick OneAgainstOthers { get; }

    /// <summary>
    /// The soft map of half of the raters against that of the other half: a second panel. NaN where every case has one rater.
    /// </summary>
    public Yardstick HalfAgainstHalf { get; }

    /// <summary>The mask of the majority against the soft map of all raters.</summary>
    public Yardstick MajorityAgainstAll { get; }

    /// <summary>
    /// Where a model's score lies between one rater (<see cref="OneAgainstAll"/>), a second panel (<see cref="HalfAgainstHalf"/>) and the
    /// majority's outline (<see cref="MajorityAgainstAll"/>), in words such as "between one rater and a second panel".
    /// </summary>
    /// <param name="softDice">Mean soft Dice at the five thresholds, over the same cases at the same size.</param>
    /// <returns>
    /// The words; null where there is no such scale, because every case has one rater or the score is NaN. A score that equals a yardstick
    /// has reached it.
    /// </returns>
    public string? Place(double softDice)
    {
        if (double.IsNaN(softDice) || double.IsNaN(HalfAgainstHalf.Mean))
        {
            return null;
        }

        (double Value, string Name)[] scale =
        [
            .. new[]
            {
                (OneAgainstAll.Mean, "one rater"), (HalfAgainstHalf.Mean, "a second panel"),
                (MajorityAgainstAll.Mean, "the majority's outline"),
            }.OrderBy(mark => mark.Item1),
        ];
        int reached = scale.Count(mark => softDice >= mark.Value);
        return reached == 0 ? $"below {scale[0].Name}"
            : reached == scale.Length ? $"past {scale[^1].Name}"
            : $"between {scale[reached - 1].Name} and {scale[reached].Name}";
    }
}
