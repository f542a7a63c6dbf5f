using Consensus.Imaging.Cases;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Microsoft.Data.Analysis;
using Microsoft.ML;

namespace Consensus.ML.Tests.Evaluation;

/// <summary>
/// Folds and splits keep the cases of one patient or volume together, and intervals count them once. The numbers are derived by hand.
/// </summary>
public sealed class GroupTests
{
    private static readonly string[] _threeGroups = ["a", "b", "a", "c"];

    [Fact]
    public void The_bootstrap_draws_groups_and_takes_the_mean_over_all_their_cases()
    {
        // Groups {0, 0, 0} and {1}: two draws give 0 (1 in 4), (0 + 0 + 0 + 1) / 4 (2 in 4) or 1 (1 in 4).
        Assert.Equal(new ConfidenceInterval(0.25, 0.25), Bootstrap.OfMean([0, 0, 0, 1], ["a", "a", "a", "b"], confidence: 0.4));
        Assert.Equal(new ConfidenceInterval(0, 1), Bootstrap.OfMean([0, 0, 0, 1], ["a", "a", "a", "b"], confidence: 0.95));

        // Groups {0, 0}, {1} and {1}. If k of three draws take the first group, the mean is (3 − k) / (3 + k): 1 with 8/27, 1/2 with 12/27,
        // 1/5 with 6/27, 0 with 1/27.
        double[] values = [0, 1, 0, 1];
        Assert.Equal(new ConfidenceInterval(0.5, 0.5), Bootstrap.OfMean(values, _threeGroups, confidence: 0.2));
        ConfidenceInterval wide = Bootstrap.OfMean(values, _threeGroups, confidence: 0.84);
        Assert.Equal((0.2, 1.0), (Math.Round(wide.Lower, 12), wide.Upper));
    }

    [Fact]
    public void Where_each_case_is_its_own_group_the_interval_is_the_one_without_groups_to_the_bit()
    {
        double[] values = [0.3, 0.9, double.NaN, 0.5, 0.123456789, 0.7];
        Assert.Equal(Bootstrap.OfMean(values, seed: 3), Bootstrap.OfMean(values, ["f", "e", "d", "c", "b", "a"], seed: 3));
        Assert.Equal(new ConfidenceInterval(0.3, 0.3), Bootstrap.OfMean([0.3], ["a"]));
    }

    [Fact]
    public void Cases_of_one_group_alone_have_no_interval()
    {
        Assert.Equal(ConfidenceInterval.None, Bootstrap.OfMean([0.3, 0.4], ["a", "a"]));

        // The value of group b is no number, so it is left out. Only one group remains.
        Assert.Equal(ConfidenceInterval.None, Bootstrap.OfMean([0.3, 0.4, double.NaN], ["a", "a", "b"]));
        Assert.Throws<ArgumentException>(() => Bootstrap.OfMean([0.3], ["a", "b"]));
    }

    [Fact]
    public void Metrics_say_of_how_many_groups_they_are_and_resample_those()
    {
        CaseMetrics hit = CaseMetrics.Compute("s1", [1, 0, 0, 0], [1, 0, 0, 0], 2, 2, 3),
            miss = CaseMetrics.Compute("s2", [0, 0, 0, 0], [0, 0, 0, 1], 2, 2, 3);
        var metrics = new SegmentationMetrics(
            [miss with { Group = "a" }, miss with { Group = "a" }, miss with { Group = "a" }, hit with { Group = "b" }],
            new() { Confidence = 0.4 });
        MeasureSummary f1 = metrics.Summary(SegmentationMeasure.ByName("F1"));
        Assert.Equal((0.25, 4, 2, 2), (f1.Mean, f1.Cases, f1.Groups, metrics.Groups));
        Assert.Equal(new ConfidenceInterval(0.25, 0.25), f1.Interval);
        DataFrame table = metrics.ToDataFrame();
        Assert.Equal(["a", "a", "a", "b"], table["Group"].Cast<string>());

        // A case without a group belongs to no other group, even when both have the same name.
        Assert.Equal(3, new SegmentationMetrics([hit, hit, miss with { Group = "s1" }]).Groups);
    }

    [Fact]
    public void Whole_groups_are_set_aside_and_one_is_left()
    {
        // Ten rows in groups of 4, 3, 2 and 1, and at most 3 rows are wanted. In every order, a group is taken whole if it fits, and never
        // in parts.
        string[] groups = ["a", "a", "b", "a", "b", "c", "a", "b", "c", "d"];
        for (int seed = 0; seed < 20; seed++)
        {
            bool[] aside = CaseFolds.SetAside(groups, 3, new Random(seed));
            string[] chosen = [.. groups.Where((_, i) => aside[i]).Distinct()];
            Assert.Empty(chosen.Intersect(groups.Where((_, i) => !aside[i])));
            Assert.Equal(3, aside.Count(one => one));
        }

        // If no group fits, the smallest is taken. If there is only one group, nothing is taken.
        Assert.Equal([false, false, false, true, true], CaseFolds.SetAside(["a", "a", "a", "b", "b"], 1, new Random(1)));
        Assert.DoesNotContain(true, CaseFolds.SetAside(["a", "a", "a"], 1, new Random(1)));
    }

    [Fact]
    public void Of_single_cases_those_are_set_aside_that_a_shuffle_puts_first()
    {
        int[] order = [.. Enumerable.Range(0, 30)];
        new Random(8).Shuffle(order);
        bool[] aside = CaseFolds.SetAside([.. Enumerable.Range(0, 30).Select(i => $"case{i}")], 7, new Random(8));
        Assert.Equal(order.Take(7).Order(), Enumerable.Range(0, 30).Where(i => aside[i]));
    }

    [Fact]
    public void Fewer_groups_than_folds_are_refused_with_both_numbers() => Assert.Contains(
        "3 folds need 3 groups of rows at least, but there are 2, of 5 rows; those of one group (a patient, a volume, a case) share a fold",
        Assert.Throws<ArgumentException>(() => CaseFolds.Assign(["a", "a", "b", "b", "b"], 3, 0)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Folds_go_by_the_group_column_then_by_volumes_then_by_cases()
    {
        var ml = new MLContext(seed: 1);
        IDataView given = ml.Data.LoadFromCases(
            [.. Enumerable.Range(0, 8).Select(i => new RaterCase($"s{i}", $"s{i}.png", []) { Group = $"p{i / 2}" })]);
        AssertPairs(ml.Segmentation.AssignFolds(given, 4));
        IDataView slices = ml.Data.LoadFromCases(
            [.. Enumerable.Range(0, 8).Select(i => new RaterCase($"s{i}", $"v{i / 2}.nii#axis=2,slice={i % 2}", []))]);
        AssertPairs(ml.Segmentation.AssignFolds(slices, 4));

        // Rows that a program made: without a group column but with paths of slices, and with names of cases only.
        AssertPairs(ml.Segmentation.AssignFolds(
            ml.Data.LoadFromEnumerable(
                Enumerable.Range(0, 8).Select(i => new { Case = $"s{i}", ImagePath = $"v{i / 2}.nii#slice={i % 2}" })),
            4));
        AssertPairs(
            ml.Segmentation.AssignFolds(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new { Case = $"p{i / 2}" })), 4));
        AssertPairs(ml.Segmentation.AssignFolds(
            ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new { Case = $"s{i}", Patient = i / 2 })),
            4,
            samplingKeyColumnName: "Patient"));
        AssertPairs(ml.Segmentation.AssignFolds(
            ml.Data.LoadFromEnumerable(
                Enumerable.Range(0, 8).Select(i => new { Case = $"s{i}", Group = i < 6 ? $"p{i / 2}" : i == 6 ? "" : "s6" })),
            4));
        Assert.Throws<ArgumentException>(() => ml.Segmentation.AssignFolds(given, 5));

        static void AssertPairs(int[] folds)
        {
            Assert.Equal([2, 2, 2, 2], folds.CountBy(fold => fold).Select(count => count.Value));
            Assert.All(folds.Chunk(2), pair => Assert.Equal(pair[0], pair[1]));
        }
    }

    [Fact]
    public void An_evaluation_takes_groups_from_the_data()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 4)
            .Select(i => new Scored { Case = $"s{i}", Group = i < 3 ? "p" : "", Map = [1, 0, 0, 0], Masks = [1, 0, 0, 0] }));
        SegmentationMetrics metrics = ml.Segmentation.Evaluate(rows, "Map", "Masks");
        Assert.Equal((4, 2), (metrics.Cases.Count, metrics.Groups));
        Assert.Equal(["p", "p", "p", null], metrics.Cases.Select(one => one.Group));
        Assert.Equal(4, ml.Segmentation.Evaluate(rows, "Map", "Masks", groupColumnName: null).Groups);
        Assert.Contains(
            "'Patient' is missing",
            Assert.Throws<ArgumentException>(() => ml.Segmentation.Evaluate(rows, "Map", "Masks", groupColumnName: "Patient")).Message,
            StringComparison.Ordinal);
    }

    private sealed class Scored
    {
        public string Case { get; set; } = "";

        public string Group { get; set; } = "";

        [Microsoft.ML.Data.VectorType(2, 2)]
        public float[] Map { get; set; } = [];

        [Microsoft.ML.Data.VectorType(1, 2, 2)]
        public float[] Masks { get; set; } = [];
    }
}
