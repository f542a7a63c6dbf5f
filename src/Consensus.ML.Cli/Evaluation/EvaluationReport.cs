using System.Text.Json;
using Consensus.ML.Cli.Output;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>The output of <c>consensus evaluate --json</c>; data-schemas/evaluation-report.schema.json describes it.</summary>
internal sealed class EvaluationReport(SegmentationMetrics metrics, EvaluationSettings settings)
{
    public int FormatVersion { get; } = 1;

    public double SoftDice5 { get; } = metrics.SoftDice5;

    public double SoftDice9 { get; } = metrics.SoftDice9;

    /// <summary>The thresholds, rounded: 0.1 in single precision would read 0.10000000149.</summary>
    public IReadOnlyList<double> Thresholds { get; } = [.. metrics.Thresholds.Select(threshold => Math.Round((double)threshold, 6))];

    public IReadOnlyList<double> DiceAtThresholds { get; } = metrics.DiceAtThresholds;

    public double F1 { get; } = metrics.F1;

    public double IntersectionOverUnion { get; } = metrics.IntersectionOverUnion;

    public double AreaRatio { get; } = metrics.AreaRatio;

    public double BoundaryF { get; } = metrics.BoundaryF;

    /// <summary>Every measure with its interval, also those above.</summary>
    public IReadOnlyDictionary<string, MeasureDescription> Measures { get; } = MeasureDescription.OfEach(metrics);

    /// <summary>The same over volumes; null where no two cases are slices of one volume.</summary>
    public VolumeDescription? Volumes { get; } = metrics.Volumes is { } volumes ? new(volumes) : null;

    /// <summary>Whether the maps say by themselves which of them are wrong.</summary>
    public CaseRiskCoverage CaseRiskCoverage { get; } = metrics.CaseRiskCoverage;

    /// <summary>How well people do on the same cases.</summary>
    public YardstickDescription Yardsticks { get; } = new(metrics.Yardsticks);

    /// <summary>Where the soft Dice lies among people, in words; null where every case has one rater.</summary>
    public string? Place { get; } = metrics.Yardsticks.Place(metrics.SoftDice5);

    public OptionDescription Options { get; } = new(
        settings.Options.Confidence, settings.Options.BootstrapResamples, settings.Options.Seed, settings.Options.CalibrationBins,
        settings.Options.SurfaceTolerance, Formats.Name(metrics.DistanceUnit), settings.Options.AreaDeviations,
        Spelling.Write(settings.Options.EnergyDistance.Pairs), settings.Options.EnergyDistance.EmptyDistance);

    /// <summary>What the samples are: levels, soft-maps or masks.</summary>
    public string SamplesAre { get; } = settings.Samples;

    /// <summary>The masks that are drawn from each soft map as raters might; null where the model draws none.</summary>
    public DrawnMasksDescription? DrawnMasks { get; } = settings.DrawnMasks;

    /// <summary>The scores against each rater.</summary>
    public IReadOnlyList<RaterScoreSummary> Raters { get; } = metrics.Raters;

    public DataDescription Data { get; } = new(settings.Task, settings.Split, metrics.Cases.Count, metrics.Groups);

    public ResolutionDescription Resolution { get; } = settings.Resolution;

    public ModelDescription Model { get; } = settings.Model;

    public SamplingDescription Sampling { get; } = settings.Sampling;

    public VersionDescription Versions { get; } = settings.Versions;

    public IReadOnlyList<Dictionary<string, object>> Cases { get; } = [.. metrics.Cases.Select(Describe)];

    private static string Key(SegmentationMeasure measure) => JsonNamingPolicy.CamelCase.ConvertName(measure.Name);

    private static Dictionary<string, object> Describe(CaseMetrics scored)
    {
        var values = new Dictionary<string, object>
        {
            ["name"] = scored.Name,
            ["group"] = scored.Group ?? scored.Name,
            ["height"] = scored.Height,
            ["width"] = scored.Width,
            ["raters"] = scored.Raters,
            ["samples"] = scored.Samples,
            ["drawnMasks"] = scored.DrawnMasks,
            ["diceAtThresholds"] = scored.DiceAtThresholds,
            ["surfaceTolerance"] = scored.SurfaceTolerance,
            ["distanceUnit"] = Formats.Name(scored.DistanceUnit),
            ["ofRaters"] = scored.OfRaters,
        };
        foreach (SegmentationMeasure measure in SegmentationMeasure.All)
        {
            values.Add(Key(measure), measure.ValueOf(scored));
        }

        return values;
    }

    internal sealed record MeasureDescription(
        double Mean, double Lower, double Upper, int Cases, int AllCases, IReadOnlyList<LeftOutCases> LeftOut, int Groups)
    {
        public static Dictionary<string, MeasureDescription> OfEach(SegmentationMetrics metrics) => metrics.Summaries.ToDictionary(
            summary => Key(summary.Measure),
            summary => new MeasureDescription(
                summary.Mean, summary.Interval.Lower, summary.Interval.Upper, summary.Cases, summary.AllCases, summary.LeftOut,
                summary.Groups));
    }

    /// <summary>Scores of volumes: the pixels of all slices of a volume count together.</summary>
    internal sealed class VolumeDescription(SegmentationMetrics metrics)
    {
        public IReadOnlyDictionary<string, MeasureDescription> Measures { get; } = MeasureDescription.OfEach(metrics);

        public IReadOnlyList<RaterScoreSummary> Raters { get; } = metrics.Raters;

        public IReadOnlyList<Dictionary<string, object>> Cases { get; } = [.. metrics.Cases.Select(scored =>
        {
            Dictionary<string, object> values = Describe(scored);
            values.Remove("surfaceTolerance");
            values.Remove("distanceUnit");
            values.Add("slices", scored.Slices);
            return values;
        })];
    }

    internal sealed record OptionDescription(
        double Confidence,
        int BootstrapResamples,
        int BootstrapSeed,
        int CalibrationBins,
        double? SurfaceTolerance,
        string DistanceUnit,
        double? AreaDeviations,
        string EnergyPairs,
        double EmptyDistance);

    /// <summary>Masks that are drawn from a soft map.</summary>
    /// <param name="Count">Number of masks of a map.</param>
    /// <param name="Correlation">ρ: the share of the latent variance that a mask has everywhere in common.</param>
    /// <param name="Length">ℓ: how far apart pixels are that a rater still marks alike, in pixels of the model.</param>
    /// <param name="Seed">The seed.</param>
    internal sealed record DrawnMasksDescription(int Count, double Correlation, double Length, int Seed);

    internal sealed record DataDescription(string Task, string Split, int Cases, int Groups);

    internal sealed record ResolutionDescription(bool Native, int? Height, int? Width);
}
