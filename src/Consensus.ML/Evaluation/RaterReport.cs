using Consensus.Imaging.Cases;
using Consensus.Imaging.Metrics;
using Microsoft.Data.Analysis;

namespace Consensus.ML.Evaluation;

/// <summary>How several raters differ over a data set: over all cases, per rater and per case.</summary>
/// <remarks>
/// A mean leaves out the cases where its value is NaN (a case with one rater has no pairwise Dice), and is NaN where no case is left.
/// </remarks>
public sealed class RaterReport
{
    /// <summary>Sums up <paramref name="cases"/>.</summary>
    /// <param name="cases">One entry for each case, at least one, in the order of the report.</param>
    /// <param name="volumes">One entry for each volume that the cases are slices of; null or empty if there is none.</param>
    /// <exception cref="ArgumentException">There is no case.</exception>
    public RaterReport(IEnumerable<CaseAgreement> cases, IEnumerable<CaseAgreement>? volumes = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        CaseAgreement[] all = [.. cases];
        if (all.Length == 0)
        {
            throw new ArgumentException("There is no case to describe.", nameof(cases));
        }

        CaseAgreement[] together = [.. volumes ?? []];
        Volumes = together.Length == 0 ? null : new(together);
        Cases = Array.AsReadOnly(all);
        Raters = Array.AsReadOnly([.. all.SelectMany(one => one.Raters)
            .GroupBy(one => one.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, CaseNameComparer.Instance)
            .Select(Summarise)]);
        FewestRaters = all.Min(one => one.Raters.Count);
        MostRaters = all.Max(one => one.Raters.Count);
        MeanPairwiseDice = Mean(all, one => one.PairwiseDice);
        MeanFleissKappa = Mean(all, one => one.FleissKappa);
        MeanMarkedShare = Mean(all, one => one.MarkedShare);
        Yardsticks = new([.. all.Select(one => one.Yardsticks)], [.. all.Select(one => one.Group)]);
        Ceilings = ResizingCeiling.Mean([.. all.Select(one => one.Ceilings).Where(sizes => sizes.Count > 0)]);
    }

    /// <summary>
    /// The same over volumes: the pixels of all slices of a volume that the data has count together, as readers expect of scans. Null if no
    /// case is a slice of a volume. There, a slice with a large structure counts more than one with a small structure; in the means over
    /// cases, every slice counts the same.
    /// </summary>
    public RaterReport? Volumes { get; }

    /// <summary>The cases, in the order of the data.</summary>
    public IReadOnlyList<CaseAgreement> Cases { get; }

    /// <summary>The raters, in the natural order of their names (2 before 10).</summary>
    public IReadOnlyList<RaterSummary> Raters { get; }

    /// <summary>Smallest number of raters of a case.</summary>
    public int FewestRaters { get; }

    /// <summary>Largest number of raters of a case.</summary>
    public int MostRaters { get; }

    /// <summary>Mean over cases of the mean Dice over pairs of raters: the number of the paper's Table 3 (there ×100).</summary>
    public double MeanPairwiseDice { get; }

    /// <summary>
    /// Mean over cases of Fleiss' kappa. Each case has the same weight, whatever its number of pixels. Cases may have different raters, in
    /// any number.
    /// </summary>
    public double MeanFleissKappa { get; }

    /// <summary>Mean over cases of the share of the slice that a rater marks.</summary>
    public double MeanMarkedShare { get; }

    /// <summary>How well people predict the raters' soft maps, on the scale of a model's soft Dice.</summary>
    public HumanYardsticks Yardsticks { get; }

    /// <summary>
    /// What resizing leaves of the raters' own map, mean over cases: about the soft Dice at the slices' own size that a model of each usual
    /// size can reach. The smallest size comes first. Empty for volumes.
    /// </summary>
    public IReadOnlyList<ResizingCeiling> Ceilings { get; }

    /// <summary>
    /// The raters as a table, one row each: Rater (text), Cases, EmptyMasks (whole numbers), MeanArea, Bias, MeanDice, StapleSensitivity,
    /// StapleSpecificity, StapleDice, MeanPhysicalArea (mm²).
    /// </summary>
    public DataFrame RatersToDataFrame()
    {
        return new(
            new StringDataFrameColumn("Rater", Raters.Select(one => one.Name)),
            new Int32DataFrameColumn("Cases", Raters.Select(one => one.Cases)),
            new Int32DataFrameColumn("EmptyMasks", Raters.Select(one => one.EmptyMasks)),
            Column("MeanArea", one => one.MeanArea),
            Column("Bias", one => one.Bias),
            Column("MeanDice", one => one.MeanDice),
            Column("StapleSensitivity", one => one.StapleSensitivity),
            Column("StapleSpecificity", one => one.StapleSpecificity),
            Column("StapleDice", one => one.StapleDice),
            Column("MeanPhysicalArea", one => one.MeanPhysicalArea));

        DoubleDataFrameColumn Column(string name, Func<RaterSummary, double> value) => new(name, Raters.Select(value));
    }

    /// <summary>
    /// The cases as a table, one row each: Case (text), Height, Width, Raters (whole numbers), PairwiseDice, FleissKappa, MarkedShare,
    /// OneAgainstAll, OneAgainstOthers, HalfAgainstHalf, MajorityAgainstAll (<see cref="RaterYardsticks"/>), and Area of each rater (a
    /// column "Area 1" for the rater 1, and so on; empty where the rater did not draw the case).
    /// </summary>
    public DataFrame CasesToDataFrame()
    {
        var frame = new DataFrame(
            new StringDataFrameColumn("Case", Cases.Select(one => one.Name)),
            new Int32DataFrameColumn("Height", Cases.Select(one => one.Height)),
            new Int32DataFrameColumn("Width", Cases.Select(one => one.Width)),
            new Int32DataFrameColumn("Raters", Cases.Select(one => one.Raters.Count)),
            Column("PairwiseDice", one => one.PairwiseDice),
            Column("FleissKappa", one => one.FleissKappa),
            Column("MarkedShare", one => one.MarkedShare),
            Column("OneAgainstAll", one => one.Yardsticks.OneAgainstAll),
            Column("OneAgainstOthers", one => one.Yardsticks.OneAgainstOthers),
            Column("HalfAgainstHalf", one => one.Yardsticks.HalfAgainstHalf),
            Column("MajorityAgainstAll", one => one.Yardsticks.MajorityAgainstAll));
        foreach (RaterSummary rater in Raters)
        {
            frame.Columns.Add(new Int64DataFrameColumn(
                $"Area {rater.Name}", Cases.Select(one => one.Raters.FirstOrDefault(drawn => drawn.Name == rater.Name)?.Area)));
        }

        return frame;

        DoubleDataFrameColumn Column(string name, Func<CaseAgreement, double> value) => new(name, Cases.Select(value));
    }

    private static RaterSummary Summarise(IGrouping<string, RaterInCase> rater) => new(
        rater.Key,
        rater.Count(),
        rater.Count(one => one.Area == 0),
        rater.Average(one => (double)one.Area),
        Mean(rater, one => one.AreaDeviation),
        Mean(rater, one => one.Dice),
        Mean(rater, one => one.StapleSensitivity),
        Mean(rater, one => one.StapleSpecificity),
        Mean(rater, one => one.StapleDice))
    {
        MeanPhysicalArea = Mean(rater, one => one.PhysicalArea),
    };

    private static double Mean<T>(IEnumerable<T> values, Func<T, double> value) =>
        values.Select(value).Where(number => !double.IsNaN(number)).DefaultIfEmpty(double.NaN).Average();
}
