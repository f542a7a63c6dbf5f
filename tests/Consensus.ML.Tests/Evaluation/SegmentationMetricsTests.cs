using Microsoft.Data.Analysis;

namespace Consensus.ML.Tests.Evaluation;

public sealed class SegmentationMetricsTests
{
    private static readonly CaseMetrics Perfect = CaseMetrics.Compute("case01", [1, 0, 0, 0], [1, 0, 0, 0], 2, 2, 3);
    private static readonly CaseMetrics Missed = CaseMetrics.Compute("case02", [0, 0, 0, 0], [0, 0, 0, 1], 2, 2, 3);

    [Fact]
    public void Scores_are_means_over_cases()
    {
        var metrics = new SegmentationMetrics([Perfect, Missed]);
        Assert.Equal(0.5, metrics.SoftDice5, 1e-6);
        Assert.Equal(0.5, metrics.SoftDice9, 1e-6);
        Assert.Equal(0.5, metrics.F1);
        Assert.All(metrics.DiceAtThresholds, dice => Assert.Equal(0.5, dice, 1e-6));
        Assert.Equal(9, metrics.DiceAtThresholds.Count);
        Assert.Equal(["case01", "case02"], metrics.Cases.Select(one => one.Name));
    }

    [Fact]
    public void The_table_has_one_row_a_case_and_one_column_a_score()
    {
        DataFrame table = new SegmentationMetrics([Perfect, Missed]).ToDataFrame();
        Assert.Equal(2, table.Rows.Count);
        Assert.Equal("case02", table["Case"][1]);
        Assert.Equal(1.0, (double)table["SoftDice5"][0], 1e-6);
        Assert.Equal(0.0, (double)table["DiceAt0.9"][1], 1e-5);
        Assert.Equal(5 + 25 + 9 + 2, table.Columns.Count);
    }

    [Fact]
    public void No_case_at_all_is_refused() => Assert.Throws<ArgumentException>(() => new SegmentationMetrics([]));
}
