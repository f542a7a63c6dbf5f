using System.Globalization;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>The results of one method, over all folds and seeds.</summary>
public sealed class MethodResult
{
    /// <summary>The score that methods are compared by.</summary>
    public const string Headline = nameof(CaseMetrics.SoftDice5);

    private readonly Dictionary<(string Name, bool OverVolumes), ScoreSummary> _scores = [];

    internal MethodResult(StudyMethod method, IReadOnlyList<RunResult> runs)
    {
        Method = method;
        Runs = runs;
        Cases = [.. runs.SelectMany(run => run.Cases.Select(scored => (Run: run, Scored: scored)))
            .GroupBy(pair => pair.Scored.Case, StringComparer.Ordinal)
            .Select(group => new CaseAverage(group.Key, GroupOf(group.First().Run.Run.Fold, group.Key), group.First().Run.Run.Fold.Name, [
                .. group.Select(pair => pair.Scored),
            ]))];
        Volumes = [.. Cases.SelectMany(one => one.Seeds
                .Select(scored => scored.Volume)
                .OfType<VolumeRecord>()
                .GroupBy(volume => volume.Volume, StringComparer.Ordinal)
                .Where(seeds => seeds.Count() == one.Seeds.Count)
                .Select(seeds => new VolumeAverage(seeds.Key, one.Group, [.. seeds])))];
        Cost = new(
            runs.Average(run => run.Training.Seconds), runs.Average(run => run.Training.Steps),
            Median(runs.SelectMany(run => run.Cases).Select(scored => scored.PredictionMs)),
            runs.Max(run => run.Training.PeakMemoryMb), (long)runs.Average(run => run.Training.ModelBytes), runs[0].Training.Parameters);
        CaseRiskCoverage = RiskCoverageOf(runs);
        Raters = RaterScoreSummary.OfEach(Cases.SelectMany(one => one.OfRaters));
        CaseRaterScore[] drawn = [.. Cases.SelectMany(one => one.RaterMaps)];
        RaterMaps = drawn.Length == 0 ? null : new(drawn);
    }

    /// <summary>The method's name.</summary>
    public string Name => Method.Name;

    /// <summary>What the method is.</summary>
    public StudyMethod Method { get; }

    /// <summary>The time and memory that it takes.</summary>
    public MethodCost Cost { get; }

    /// <summary>The names of all scores.</summary>
    public IReadOnlyList<string> ScoreNames =>
        [.. Runs.SelectMany(run => run.Cases).SelectMany(scored => scored.Scores.Keys).Distinct(StringComparer.Ordinal)];

    internal IReadOnlyList<RunResult> Runs { get; }

    /// <summary>The cases in the order of the folds, each with its results for every seed.</summary>
    internal IReadOnlyList<CaseAverage> Cases { get; }

    /// <summary>
    /// The volumes in the order of their last slices, each with its results for every seed; empty where no volume has several slices.
    /// </summary>
    internal IReadOnlyList<VolumeAverage> Volumes { get; }

    /// <summary>The group of each of <see cref="Cases"/>.</summary>
    internal IReadOnlyList<string> Groups => [.. Cases.Select(scored => scored.Group)];

    /// <summary>Numbers of generations after which the score is known, in ascending order; empty for methods that do not sample.</summary>
    internal int[] GenerationCounts => [.. Cases.SelectMany(scored => scored.Seeds)
        .SelectMany(scored => scored.Generations)
        .Select(point => point.Generations)
        .Distinct()
        .Order()];

    /// <summary>
    /// Whether the method's maps say by themselves which of them are wrong: the AURC over all cases, mean over seeds. NaN for records of
    /// earlier versions.
    /// </summary>
    public CaseRiskCoverage CaseRiskCoverage { get; }

    /// <summary>
    /// The method's soft maps against each rater's own masks: mean over the cases that the rater drew, each averaged over seeds first, in
    /// the natural order of the raters' names. Empty for records of earlier versions.
    /// </summary>
    public IReadOnlyList<RaterScoreSummary> Raters { get; }

    /// <summary>
    /// The masks that the method draws for named raters, against the raters' own, each averaged over seeds first; null where it draws none.
    /// </summary>
    public RaterMapScores? RaterMaps { get; }

    /// <summary>A score over all cases.</summary>
    /// <param name="name">One of <see cref="ScoreNames"/>, such as SoftDice5.</param>
    public ScoreSummary Score(string name) => Score(name, overVolumes: false);

    /// <summary>
    /// A score over all volumes: in each, the pixels of all its slices that were scored count together. It has no value where no volume has
    /// several slices, or where the measure is of slices (<see cref="SegmentationMeasure.IsOfSlices"/>).
    /// </summary>
    /// <param name="name">One of <see cref="ScoreNames"/>, such as SoftDice5.</param>
    public ScoreSummary VolumeScore(string name) => Score(name, overVolumes: true);

    /// <summary>Standard deviation over seeds of the mean score over cases; NaN for one seed.</summary>
    /// <param name="name">One of <see cref="ScoreNames"/>.</param>
    public double DeviationOverSeeds(string name)
    {
        double[] means =
        [
            .. Runs.GroupBy(run => run.Run.Seed)
                .Select(seed => Mean(seed.SelectMany(run => run.Cases).Select(scored => Value(scored, name)))),
        ];
        if (means.Length < 2)
        {
            return double.NaN;
        }

        double mean = means.Average();
        return Math.Sqrt(means.Sum(value => (value - mean) * (value - mean)) / (means.Length - 1));
    }

    /// <summary>A score over all cases, or over all volumes.</summary>
    internal ScoreSummary Score(string name, bool overVolumes)
    {
        if (!_scores.TryGetValue((name, overVolumes), out ScoreSummary? known))
        {
            known = overVolumes
                ? ScoreSummary.Of([.. Volumes.Select(scored => scored.Score(name))], [.. Volumes.Select(scored => scored.Group)])
                : ScoreSummary.Of([.. Cases.Select(scored => scored.Score(name))], Groups);
            _scores[(name, overVolumes)] = known;
        }

        return known;
    }

    /// <summary>The name of the score at a threshold, such as DiceAt0.5.</summary>
    internal static string ScoreNameAt(float threshold) => $"DiceAt{threshold.ToString("0.0", CultureInfo.InvariantCulture)}";

    /// <summary>Mean over cases of the headline score after this number of generations.</summary>
    internal double ScoreAfter(int generations) => Mean(Cases.Select(scored => scored.ScoreAfter(generations)));

    /// <summary>The score of a case; NaN where the case has no score of this name.</summary>
    internal static double Value(CaseRecord scored, string name) => scored.Scores.GetValueOrDefault(name, double.NaN);

    /// <summary>Mean of the values that are not NaN; NaN where there are no such values.</summary>
    internal static double Mean(IEnumerable<double> values) =>
        values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    private static string GroupOf(StudyFold fold, string name) => fold.Evaluation.First(scored => scored.Name == name).Group;

    private static CaseRiskCoverage RiskCoverageOf(IReadOnlyList<RunResult> runs)
    {
        CaseRiskCoverage[] seeds =
        [
            .. runs.GroupBy(run => run.Run.Seed).Select(seed =>
            {
                CaseRecord[] cases = [.. seed.SelectMany(run => run.Cases)];
                return CaseRiskCoverage.Compute(
                    Array.ConvertAll(cases, scored => Value(scored, nameof(CaseMetrics.ExpectedDice))),
                    Array.ConvertAll(cases, scored => Value(scored, Headline)));
            }),
        ];
        return new(seeds.Average(curve => curve.Area), seeds.Average(curve => curve.Excess), seeds.Average(curve => curve.ByChance));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>A volume's results with every seed.</summary>
internal sealed record VolumeAverage(string Name, string Group, IReadOnlyList<VolumeRecord> Seeds)
{
    /// <summary>A score, averaged over seeds; NaN where no seed has it.</summary>
    public double Score(string name) => MethodResult.Mean(Seeds.Select(scored => scored.Scores.GetValueOrDefault(name, double.NaN)));
}

/// <summary>A case's results with every seed.</summary>
internal sealed record CaseAverage(string Name, string Group, string Fold, IReadOnlyList<CaseRecord> Seeds)
{
    /// <summary>A score, averaged over seeds; NaN where no seed has it.</summary>
    public double Score(string name) => MethodResult.Mean(Seeds.Select(scored => MethodResult.Value(scored, name)));

    /// <summary>The scores against each rater, averaged over seeds.</summary>
    public IEnumerable<RaterScore> OfRaters => Seeds.SelectMany(scored => scored.OfRaters)
        .GroupBy(score => score.Name, StringComparer.Ordinal)
        .Select(rater => new RaterScore(
            rater.Key, rater.Average(score => score.Dice), rater.Average(score => score.CalibrationError)));

    /// <summary>The scores of the masks that are drawn for named raters, averaged over seeds.</summary>
    public IEnumerable<CaseRaterScore> RaterMaps => Seeds.SelectMany(scored => scored.RaterMaps ?? [])
        .GroupBy(score => score.Rater, StringComparer.Ordinal)
        .Select(rater => new CaseRaterScore(
            Name, rater.Key, rater.Average(score => score.Dice), MethodResult.Mean(rater.Select(score => score.DiceWithOthers)))
        {
            Group = Group,
        });

    /// <summary>The headline score after this number of generations, averaged over seeds.</summary>
    public double ScoreAfter(int generations) => MethodResult.Mean(
        Seeds.SelectMany(scored => scored.Generations).Where(point => point.Generations == generations).Select(point => point.SoftDice5));
}
