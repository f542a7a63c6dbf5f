using System.Globalization;
using Microsoft.Data.Analysis;

namespace Consensus.ML;

/// <summary>Scores of predicted soft maps against several raters, per case and averaged over cases. All lie in [0, 1], and higher is better.</summary>
public sealed class SegmentationMetrics
{
    /// <summary>Averages the scores of <paramref name="cases"/>.</summary>
    /// <param name="cases">One entry a case, at least one, in the order in which they are to be listed.</param>
    /// <exception cref="ArgumentException">There is no case.</exception>
    public SegmentationMetrics(IEnumerable<CaseMetrics> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        CaseMetrics[] all = [.. cases];
        if (all.Length == 0)
        {
            throw new ArgumentException("There is no case to average over.", nameof(cases));
        }

        Cases = Array.AsReadOnly(all);
        SoftDice5 = all.Average(one => one.SoftDice5);
        SoftDice9 = all.Average(one => one.SoftDice9);
        DiceAtThresholds = Array.AsReadOnly([.. Enumerable.Range(0, Thresholds.Count).Select(i => all.Average(one => one.DiceAtThresholds[i]))]);
        F1 = all.Average(one => one.F1);
        IntersectionOverUnion = all.Average(one => one.IntersectionOverUnion);
        AreaRatio = all.Average(one => one.AreaRatio);
        BoundaryF = all.Average(one => one.BoundaryF);
    }

    /// <summary>Soft Dice at the thresholds 0.1, 0.3, 0.5, 0.7, 0.9, mean over cases: the score of the paper's tables (there ×100).</summary>
    public double SoftDice5 { get; }

    /// <summary>Soft Dice at the thresholds 0.1, 0.2, … 0.9, mean over cases.</summary>
    public double SoftDice9 { get; }

    /// <summary>The thresholds of <see cref="DiceAtThresholds"/>: 0.1, 0.2, … 0.9.</summary>
    public IReadOnlyList<float> Thresholds { get; } = SoftDice.NineThresholds;

    /// <summary>Dice at each of <see cref="Thresholds"/>, mean over cases.</summary>
    public IReadOnlyList<double> DiceAtThresholds { get; }

    /// <summary>F1 of the rounded maps, mean over cases.</summary>
    public double F1 { get; }

    /// <summary>Intersection over union of the rounded maps, mean over cases.</summary>
    public double IntersectionOverUnion { get; }

    /// <summary>Smaller over larger area of the rounded maps, mean over cases.</summary>
    public double AreaRatio { get; }

    /// <summary>Boundary F of the rounded maps over tolerances of 1 to 5 pixels, mean over cases.</summary>
    public double BoundaryF { get; }

    /// <summary>The scores of each case, in the order of the data.</summary>
    public IReadOnlyList<CaseMetrics> Cases { get; }

    /// <summary>
    /// The scores as a table, one row a case: Case (text), Height, Width, Raters (whole numbers), SoftDice5, SoftDice9,
    /// DiceAt0.1 … DiceAt0.9, F1, IntersectionOverUnion, AreaRatio, BoundaryF.
    /// </summary>
    public DataFrame ToDataFrame()
    {
        var frame = new DataFrame(
            new StringDataFrameColumn("Case", Cases.Select(one => one.Name)),
            new Int32DataFrameColumn("Height", Cases.Select(one => one.Height)),
            new Int32DataFrameColumn("Width", Cases.Select(one => one.Width)),
            new Int32DataFrameColumn("Raters", Cases.Select(one => one.Raters)),
            Column("SoftDice5", one => one.SoftDice5),
            Column("SoftDice9", one => one.SoftDice9));
        for (int i = 0; i < Thresholds.Count; i++)
        {
            int threshold = i;
            frame.Columns.Add(Column($"DiceAt{Thresholds[i].ToString("0.0", CultureInfo.InvariantCulture)}", one => one.DiceAtThresholds[threshold]));
        }

        frame.Columns.Add(Column("F1", one => one.F1));
        frame.Columns.Add(Column("IntersectionOverUnion", one => one.IntersectionOverUnion));
        frame.Columns.Add(Column("AreaRatio", one => one.AreaRatio));
        frame.Columns.Add(Column("BoundaryF", one => one.BoundaryF));
        return frame;
    }

    private DoubleDataFrameColumn Column(string name, Func<CaseMetrics, double> value) => new(name, Cases.Select(value));
}
