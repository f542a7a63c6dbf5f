using System.Text.Json.Serialization;
using Consensus.ML.Runtime;

namespace Consensus.ML.Cli;

/// <summary>What <c>consensus evaluate --json</c> writes; data-schemas/evaluation-report.schema.json describes it.</summary>
internal sealed class EvaluationReport(SegmentationMetrics metrics, ConsensusSegmentationTransformer model, CaseSource source, bool native)
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

    public DataFacts Data { get; } = new(source.Name, source.Split, metrics.Cases.Count);

    public ResolutionFacts Resolution { get; } = native ? new(true, null, null) : new(false, model.Height, model.Width);

    public ModelFacts Model { get; } = new(Formats.Name(model.Target), model.Raters, model.ImageChannels, model.Height, model.Width);

    public SamplingFacts Sampling { get; } = new(model.Sampling.Generations, Formats.Name(model.Sampling.Sampler), model.Sampling.Steps, model.Sampling.Seed, Formats.Name(model.Sampling.Precision));

    public VersionFacts Versions { get; } = VersionFacts.OfThisProcess();

    public IReadOnlyList<CaseMetrics> Cases { get; } = metrics.Cases;

    [JsonIgnore]
    public string SamplingText { get; } = Formats.Describe(model.Sampling);

    internal sealed record DataFacts(string Task, string Split, int Cases);

    internal sealed record ResolutionFacts(bool Native, int? Height, int? Width);

    internal sealed record ModelFacts(string Target, int Raters, int ImageChannels, int Height, int Width);

    internal sealed record SamplingFacts(int Generations, string Sampler, int? Steps, int? Seed, string Precision);

    internal sealed record VersionFacts(string Library, string TorchSharp, string DotNet)
    {
        public static VersionFacts OfThisProcess()
        {
            RuntimeFacts facts = RuntimeFacts.Collect("cpu");
            return new(facts.Library, facts.TorchSharp, facts.DotNet);
        }
    }
}
