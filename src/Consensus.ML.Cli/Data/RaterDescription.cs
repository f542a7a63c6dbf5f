using System.Text.Json.Serialization;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Output;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Data;

/// <summary>The output of <c>consensus raters --json</c>; data-schemas/rater-report.schema.json describes it.</summary>
internal sealed class RaterDescription(RaterReport report, CaseSource source)
{
    /// <summary>
    /// Mean pairwise Dice over the training cases (Amit et al. 2023, Table 3). The paper has only one of the tumor tasks.
    /// </summary>
    private static readonly Dictionary<string, double> PublishedOfTraining = new(StringComparer.Ordinal)
    {
        [QubiqTask.Kidney.Name] = 0.9495,
        [QubiqTask.BrainGrowth.Name] = 0.8574,
        [QubiqTask.BrainTumor1.Name] = 0.9065,
        [QubiqTask.Prostate1.Name] = 0.9464,
        [QubiqTask.Prostate2.Name] = 0.8991,
    };

    public int FormatVersion { get; } = 1;

    public DataDescription Data { get; } = new(source.Name, source.Split, report.Cases.Count, source.Groups);

    public CountDescription RatersPerCase { get; } = new(report.FewestRaters, report.MostRaters);

    public double MeanPairwiseDice { get; } = report.MeanPairwiseDice;

    /// <summary>The paper's value for these cases; null where the paper has no value.</summary>
    public double? PublishedPairwiseDice { get; } =
        source.Split == Formats.Name(QubiqSplit.Train) && PublishedOfTraining.TryGetValue(source.Name, out double published)
            ? published
            : null;

    public double MeanFleissKappa { get; } = report.MeanFleissKappa;

    public double MeanMarkedShare { get; } = report.MeanMarkedShare;

    public YardstickDescription Yardsticks { get; } = new(report.Yardsticks);

    public IReadOnlyList<ResizingCeiling> Ceilings { get; } = report.Ceilings;

    public IReadOnlyList<RaterSummary> Raters { get; } = report.Raters;

    public IReadOnlyList<CaseAgreement> Cases { get; } = report.Cases;

    /// <summary>The same over volumes; null where no case is a slice of a volume.</summary>
    public VolumeDescription? Volumes { get; } = report.Volumes is { } volumes ? new(volumes) : null;

    [JsonIgnore]
    public string CountText =>
        RatersPerCase.Fewest == RatersPerCase.Most ? $"{RatersPerCase.Most}" : $"{RatersPerCase.Fewest} to {RatersPerCase.Most}";

    /// <summary>What the raters do over volumes: the pixels of all slices of a volume count together.</summary>
    internal sealed class VolumeDescription(RaterReport report)
    {
        public double MeanPairwiseDice { get; } = report.MeanPairwiseDice;

        public double MeanFleissKappa { get; } = report.MeanFleissKappa;

        public double MeanMarkedShare { get; } = report.MeanMarkedShare;

        public YardstickDescription Yardsticks { get; } = new(report.Yardsticks);

        public IReadOnlyList<RaterSummary> Raters { get; } = report.Raters;

        public IReadOnlyList<CaseAgreement> Cases { get; } = report.Cases;
    }

    internal sealed record DataDescription(string Task, string Split, int Cases, int Groups);

    internal sealed record CountDescription(int Fewest, int Most);
}
