using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Evaluation;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>What <c>consensus evaluate --json</c> writes; data-schemas/evaluation-report.schema.json describes it.</summary>
internal sealed class EvaluationReport(
    SegmentationMetrics metrics,
    EvaluationOptions options,
    SegmentationTransformer model,
    CaseSource source,
    bool native)
{
    public int FormatVersion { get; } = 1;

    public double SoftDice5 { get; } = metrics.SoftDice5;

    public double SoftDice9 { get; } = metrics.SoftDice9;

    /// <summary>As decimals of a person's making: 0.1 in single precision would read 0.10000000149.</summary>
    public IReadOnlyList<double> Thresholds { get; } = [.. metrics.Thresholds.Select(threshold => Math.Round((double)threshold, 6))];

    public IReadOnlyList<double> DiceAtThresholds { get; } = metrics.DiceAtThresholds;

    public double F1 { get; } = metrics.F1;

    public double IntersectionOverUnion { get; } = metrics.IntersectionOverUnion;

    public double AreaRatio { get; } = metrics.AreaRatio;

    public double BoundaryF { get; } = metrics.BoundaryF;

    /// <summary>Every measure with its interval, those above among them.</summary>
    public IReadOnlyDictionary<string, MeasureFacts> Measures { get; } = metrics.Summaries.ToDictionary(
        summary => Key(summary.Measure),
        summary => new MeasureFacts(
            summary.Mean, summary.Interval.Lower, summary.Interval.Upper, summary.Cases, summary.AllCases, summary.LeftOut,
            summary.Groups));

    public OptionFacts Options { get; } = new(
        options.Confidence, options.BootstrapResamples, options.Seed, options.CalibrationBins, options.SurfaceTolerance,
        Formats.Name(metrics.DistanceUnit));

    public DataFacts Data { get; } = new(source.Name, source.Split, metrics.Cases.Count, metrics.Groups);

    public ResolutionFacts Resolution { get; } = native ? new(true, null, null) : new(false, model.Height, model.Width);

    public ModelFacts Model { get; } = new(
        Formats.Method(model), Formats.Learned(model), model.Members, model.Levels, model.ImageChannels, model.Height, model.Width);

    public SamplingFacts Sampling { get; } = new(
        Formats.Maps(model), model.Sampling.Tolerance, model.Sampling.Mirror, Formats.Sampler(model),
        model is ConsensusSegmentationTransformer ? model.Sampling.Steps : null, model.Sampling.Seed,
        Spelling.Write(model.Sampling.Precision));

    public VersionFacts Versions { get; } = VersionFacts.OfThisProcess();

    public IReadOnlyList<Dictionary<string, object>> Cases { get; } = [.. metrics.Cases.Select(Facts)];

    [JsonIgnore]
    public string SamplingText { get; } = Formats.Describe(model);

    private static string Key(SegmentationMeasure measure) => JsonNamingPolicy.CamelCase.ConvertName(measure.Name);

    private static Dictionary<string, object> Facts(CaseMetrics one)
    {
        var facts = new Dictionary<string, object>
        {
            ["name"] = one.Name,
            ["group"] = one.Group ?? one.Name,
            ["height"] = one.Height,
            ["width"] = one.Width,
            ["raters"] = one.Raters,
            ["samples"] = one.Samples,
            ["diceAtThresholds"] = one.DiceAtThresholds,
            ["surfaceTolerance"] = one.SurfaceTolerance,
            ["distanceUnit"] = Formats.Name(one.DistanceUnit),
        };
        foreach (SegmentationMeasure measure in SegmentationMeasure.All)
        {
            facts.Add(Key(measure), measure.Of(one));
        }

        return facts;
    }

    internal sealed record MeasureFacts(
        double Mean, double Lower, double Upper, int Cases, int AllCases, IReadOnlyList<LeftOutCases> LeftOut, int Groups);

    internal sealed record OptionFacts(
        double Confidence,
        int BootstrapResamples,
        int BootstrapSeed,
        int CalibrationBins,
        double? SurfaceTolerance,
        string DistanceUnit);

    internal sealed record DataFacts(string Task, string Split, int Cases, int Groups);

    internal sealed record ResolutionFacts(bool Native, int? Height, int? Width);

    internal sealed record ModelFacts(string Method, string Target, int Members, int Raters, int ImageChannels, int Height, int Width);

    internal sealed record SamplingFacts(
        int Generations,
        double? Tolerance,
        bool Mirror,
        string? Sampler,
        int? Steps,
        int? Seed,
        string Precision);

    internal sealed record VersionFacts(string Library, string TorchSharp, string DotNet)
    {
        public static VersionFacts OfThisProcess()
        {
            RuntimeInfo facts = RuntimeInfo.Collect("cpu");
            return new(facts.Library, facts.TorchSharp, facts.DotNet);
        }
    }
}
