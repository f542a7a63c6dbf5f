using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Metrics;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms.Columns;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Evaluation;

/// <summary>
/// The description of raters: hand-derived numbers of small masks, cases with different raters, and errors that name case and file.
/// </summary>
public sealed class RaterReportTests
{
    private const double S = 1e-4;
    private readonly MLContext _ml = new();

    [Fact]
    public void A_case_of_three_raters_follows_by_hand()
    {
        // Areas 3, 2 and 1 of eight pixels. Each lies inside the one before. The mean is 2.
        CaseAgreement one = CaseAgreement.Compute(
            "a", new RaterMasks(3, 2, 4, [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), ["Ann", "Bob", "Cem"]);
        double ab = (4 + S) / (5 + S), ac = (2 + S) / (4 + S), bc = (2 + S) / (3 + S);
        Assert.Equal(["Ann", "Bob", "Cem"], one.Raters.Select(rater => rater.Name));
        Assert.Equal([3L, 2, 1], one.Raters.Select(rater => rater.Area));
        Assert.Equal([0.5, 0, -0.5], one.Raters.Select(rater => rater.AreaDeviation));
        Near([(ab + ac) / 2, (ab + bc) / 2, (ac + bc) / 2], one.Raters.Select(rater => rater.Dice));
        Assert.Equal((ab + ac + bc) / 3, one.PairwiseDice, 1e-12);
        Assert.Equal(2 / 8.0, one.MarkedShare, 1e-12);

        // Votes 3, 2, 1 and five times 0. Pairs agree by 1, 1/3, 1/3, 1 × 5. A quarter of all marks is set, so agreement by chance is 1/16
        // + 9/16.
        Assert.Equal(((20 / 24.0) - 0.625) / 0.375, one.FleissKappa, 1e-12);
    }

    [Fact]
    public void Agreement_with_STAPLE_is_that_of_its_estimate()
    {
        // Two raters draw two pixels. The third misses one of them and marks another pixel. The estimate is what the two drew.
        // The third has a sensitivity of 1/2 and a specificity of 5/6.
        CaseAgreement one = CaseAgreement.Compute(
            "a", new RaterMasks(3, 2, 4, [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]), ["1", "2", "3"]);
        Assert.True(one.StapleConverged);
        Near([1, 1, (2 + S) / (4 + S)], one.Raters.Select(rater => rater.StapleDice));
        Near([1, 1, 0.5], one.Raters.Select(rater => rater.StapleSensitivity), 1e-4);
        Near([1, 1, 5 / 6.0], one.Raters.Select(rater => rater.StapleSpecificity), 1e-4);
    }

    [Fact]
    public void Means_leave_out_cases_that_have_no_value_and_raters_are_listed_in_natural_order()
    {
        RaterReport report = Describe(
            new MasksRow { Case = "pair", AnnotationPaths = new RaterMasks(2, 1, 4, [1, 1, 1, 0, 1, 0, 0, 0]), RaterNames = ["10", "2"] },
            new MasksRow { Case = "alone", AnnotationPaths = new RaterMasks(1, 1, 4, [1, 1, 1, 1]), RaterNames = ["2"] },
            new MasksRow { Case = "blank", AnnotationPaths = new RaterMasks(2, 1, 4, new byte[8]), RaterNames = ["2", "3"] });
        Assert.Equal(["2", "3", "10"], report.Raters.Select(rater => rater.Name));
        Assert.Equal([3, 1, 1], report.Raters.Select(rater => rater.Cases));
        Assert.Equal([1, 1, 0], report.Raters.Select(rater => rater.EmptyMasks));
        Assert.Equal((1, 2), (report.FewestRaters, report.MostRaters));

        // Rater 2 has areas 1, 4 and 0. Only the first of the three cases has a deviation, (1 − 2)/2. Two cases have a Dice: 2/4, and 1 for
        // two empty masks.
        RaterSummary two = report.Raters[0];
        Assert.Equal(5 / 3.0, two.MeanArea, 1e-12);
        Assert.Equal(-0.5, two.Bias, 1e-12);
        Assert.Equal((((2 + S) / (4 + S)) + 1) / 2, two.MeanDice, 1e-12);
        Assert.Equal(double.NaN, report.Raters[1].Bias);
        Assert.Equal(double.NaN, report.Raters[1].StapleSensitivity);
        Assert.Equal(1, report.Raters[1].StapleSpecificity);
        Assert.Equal((((2 + S) / (4 + S)) + 1) / 2, report.MeanPairwiseDice, 1e-12);
        Assert.Equal(double.NaN, report.Cases[1].PairwiseDice);
        Assert.Equal(double.NaN, report.Cases[1].FleissKappa);
        Assert.Equal(1, report.Cases[2].FleissKappa);
        Assert.Equal((0.5 + 1 + 0) / 3, report.MeanMarkedShare, 1e-12);
    }

    [Fact]
    public void Tables_have_a_row_for_each_rater_and_each_case()
    {
        RaterReport report = Describe(
            new MasksRow
            {
                Case = "first",
                AnnotationPaths = new RaterMasks(2, 1, 4, [1, 1, 1, 0, 1, 0, 0, 0]),
                RaterNames = ["Ann", "Bob"],
            },
            new MasksRow { Case = "second", AnnotationPaths = new RaterMasks(1, 1, 4, [1, 1, 1, 1]), RaterNames = ["Bob"] });
        DataFrame raters = report.RatersToDataFrame(), cases = report.CasesToDataFrame();
        Assert.Equal(["Ann", "Bob"], raters["Rater"].Cast<string>());
        Assert.Equal([3.0, 2.5], raters["MeanArea"].Cast<double>());
        Assert.Equal(["first", "second"], cases["Case"].Cast<string>());
        Assert.Equal([3L, null], cases["Area Ann"].Cast<long?>());
        Assert.Equal([1L, 4], cases["Area Bob"].Cast<long?>());
    }

    [Fact]
    public void Without_names_the_masks_are_numbered()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new BareRow { Case = "a", AnnotationPaths = new RaterMasks(2, 1, 2, [1, 0, 1, 1]) }]);
        Assert.Equal(["1", "2"], _ml.Segmentation.DescribeRaters(rows).Raters.Select(rater => rater.Name));
        Complaint.Expect<ArgumentException>(() => _ml.Segmentation.DescribeRaters(rows, raterNamesColumnName: "Who"), "'Who' is missing");
        RaterReport numbered = _ml.Segmentation.DescribeRaters(
            _ml.Data.LoadFromEnumerable(
                [new MasksRow { Case = "a", AnnotationPaths = new RaterMasks(1, 1, 1, [1]), RaterNames = ["Ann"] }]),
            caseColumnName: null, raterNamesColumnName: null);
        Assert.Equal("1", numbered.Raters.Single().Name);
        Assert.Equal("1", numbered.Cases.Single().Name);
    }

    [Fact]
    public void Names_that_do_not_fit_the_masks_are_refused_with_the_case()
    {
        var masks = new RaterMasks(2, 1, 2, [1, 0, 1, 1]);
        Complaint.Expect<InvalidDataException>(
            () => Describe(new MasksRow { Case = "x7", AnnotationPaths = masks, RaterNames = ["Ann"] }), "Case 'x7'", "'RaterNames'",
            "1 rater names for 2 masks");
        Complaint.Expect<InvalidDataException>(
            () => Describe(new MasksRow { Case = "x7", AnnotationPaths = masks, RaterNames = ["Ann", "Ann"] }),
            "Case 'x7'",
            "two masks by the rater 'Ann'");
        Complaint.Expect<InvalidDataException>(
            () => Describe(new MasksRow { Case = "x7", AnnotationPaths = masks, RaterNames = ["Ann", ""] }), "Case 'x7'", "name is empty");
    }

    [Fact]
    public void A_bad_mask_is_refused_with_its_case_and_file()
    {
        using var folder = new TemporaryFolder();
        string good = folder["good.nii"], missing = folder["missing.nii"], twofold = folder["twofold.nii"];
        NiftiFile.WriteSlice(good, new Slice(1, 1, 3, [0, 1, 1]));
        NiftiFile.WriteSlice(twofold, new Slice(1, 1, 3, [0, 1, 2]));
        Complaint.Expect<FileNotFoundException>(() => Paths(good, missing), "Case 'p1'", "missing.nii");
        Complaint.Expect<InvalidDataException>(() => Paths(good, twofold), "Case 'p1'", "twofold.nii", "0, 1, 2");
        Complaint.Expect<InvalidDataException>(() => Paths(), "Case 'p1'", "no masks");
        Assert.Equal(1, Paths(good, good).MeanPairwiseDice, 1e-12);

        RaterReport Paths(params string[] paths) =>
            _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromCases([new RaterCase("p1", good, paths)]));
    }

    [Fact]
    public void No_rows_at_all_are_refused() => Complaint.Expect<ArgumentException>(() => Describe(), "no rows");

    [Fact]
    public void Cases_are_told_as_they_are_known()
    {
        var told = new List<string>();
        MasksRow Row(string name) => new() { Case = name, AnnotationPaths = new RaterMasks(1, 1, 1, [1]), RaterNames = ["1"] };
        _ml.Segmentation.DescribeRaters(
            _ml.Data.LoadFromEnumerable([Row("b"), Row("a")]), progress: new Listener(one => told.Add(one.Name)));
        Assert.Equal(["b", "a"], told);
    }

    [Fact]
    public void Real_raters_of_brain_growth_agree_as_the_paper_says()
    {
        string folder = SharedData.FindOrSkip(null, "brain-growth");
        RaterReport report = _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromQubiq(folder, QubiqTask.BrainGrowth, QubiqSplit.Train));
        Assert.Equal(34, report.Cases.Count);
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], report.Raters.Select(rater => rater.Name));

        // Table 3 has 0.8574 at the original resolution. These masks are resized to 128 pixels.
        Assert.Equal(0.856, report.MeanPairwiseDice, 0.0005);
        Assert.Equal(report.MeanPairwiseDice, report.Raters.Average(rater => rater.MeanDice), 1e-12);
        Assert.Equal(0, report.Raters.Average(rater => rater.Bias), 1e-12);
        Assert.All(report.Raters, rater => Assert.InRange(rater.StapleDice, rater.MeanDice, 1));
    }

    [Fact]
    public void Real_raters_predict_each_other_as_well_as_another_program_computed()
    {
        string folder = SharedData.FindOrSkip(null, "brain-growth");
        HumanYardsticks found = _ml.Segmentation.DescribeRaters(
            _ml.Data.LoadFromQubiq(folder, QubiqTask.BrainGrowth, QubiqSplit.Train)).Yardsticks;
        Near([0.872, 0.889, 0.911], [found.OneAgainstAll.Mean, found.HalfAgainstHalf.Mean, found.MajorityAgainstAll.Mean], 0.0005);
        Assert.InRange(found.HalfAgainstHalf.Mean, found.HalfAgainstHalf.Interval.Lower, found.HalfAgainstHalf.Interval.Upper);
        Assert.Equal("past the majority's outline", found.Place(0.92));
    }

    [Fact]
    public void People_are_a_scale_for_scores_and_cases_without_others_are_left_out_of_it()
    {
        var three = new RaterMasks(3, 1, 4, [1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0]);
        RaterReport report = Describe(
            new MasksRow { Case = "a", AnnotationPaths = three, RaterNames = ["1", "2", "3"] },
            new MasksRow { Case = "lone", AnnotationPaths = new RaterMasks(1, 1, 4, [1, 1, 0, 0]), RaterNames = ["1"] });

        // RaterYardsticksTests derive the values of the first case: 0.7467, 0.6111 and 0.8. A lone rater is the soft map.
        HumanYardsticks people = report.Yardsticks;
        Assert.Equal((0.7466667 + 1) / 2, people.OneAgainstAll.Mean, 1e-6);
        Assert.Equal(0.6111111, people.HalfAgainstHalf.Mean, 1e-6);
        Assert.Equal(0.6111111, people.OneAgainstOthers.Mean, 1e-6);
        Assert.Equal((0.8 + 1) / 2, people.MajorityAgainstAll.Mean, 1e-6);
        Assert.Equal("below a second panel", people.Place(0.6));
        Assert.Equal("between a second panel and one rater", people.Place(0.7));
        Assert.Equal("between one rater and the majority's outline", people.Place(people.OneAgainstAll.Mean));
        Assert.Equal("past the majority's outline", people.Place(0.95));
        Assert.Null(people.Place(double.NaN));
        Assert.Null(new HumanYardsticks([report.Cases[1].Yardsticks], [null]).Place(0.9));
        Near([0.6111111, double.NaN], report.CasesToDataFrame()["HalfAgainstHalf"].Cast<double>(), 1e-6);
        Complaint.Expect<ArgumentException>(() => _ = new HumanYardsticks([], []), "no case");
        Complaint.Expect<ArgumentException>(() => _ = new HumanYardsticks([report.Cases[0].Yardsticks], []), "0 groups for 1");
    }

    [Fact]
    public void What_resizing_leaves_is_averaged_over_cases()
    {
        var left = new RaterMasks(1, 128, 128, [.. Enumerable.Range(0, 128 * 128).Select(i => (byte)(i % 128 < 33 ? 1 : 0))]);
        RaterReport report = Describe(
            new MasksRow { Case = "a", AnnotationPaths = left, RaterNames = ["1"] },
            new MasksRow { Case = "b", AnnotationPaths = new RaterMasks(1, 128, 128, new byte[128 * 128]), RaterNames = ["1"] });
        Assert.Equal(ResizingCeiling.UsualSizes, report.Ceilings.Select(ceiling => ceiling.Size));

        // At 64 pixels the columns 0, 2, … 32 are marked. Column 33 lies half way to 34, which is not: at 0.1, 0.3 and 0.5 it is too much.
        Assert.Equal(((((3 * 66 / 67.0) + 2) / 5) + 1) / 2, report.Ceilings[0].SoftDice, 1e-6);
        Assert.Equal(1, report.Ceilings.Single(ceiling => ceiling.Size == 128).SoftDice, 1e-12);
    }

    [Fact]
    public void Intervals_of_yardsticks_resample_the_groups_of_cases()
    {
        RaterMasks near = new(2, 1, 4, [1, 1, 1, 0, 1, 1, 0, 0]), far = new(2, 1, 4, [1, 1, 1, 1, 1, 0, 0, 0]);
        GroupedRow[] rows =
        [
            .. from i in Enumerable.Range(0, 8)
               select new GroupedRow { Case = $"slice {i}", AnnotationPaths = i < 4 ? near : far, Group = i < 4 ? "Ann" : "Bea" },
        ];
        HumanYardsticks byGroup = _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromEnumerable(rows)).Yardsticks,
            byCase = _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromEnumerable(rows), groupColumnName: null).Yardsticks;
        Assert.Equal(byCase.HalfAgainstHalf.Mean, byGroup.HalfAgainstHalf.Mean);

        // Two patients: often only one of them is drawn, so the interval reaches from the one to the other.
        Assert.Equal(0.8, byGroup.HalfAgainstHalf.Interval.Upper, 1e-6);
        Assert.Equal(0.4, byGroup.HalfAgainstHalf.Interval.Lower, 1e-6);
        Assert.InRange(byCase.HalfAgainstHalf.Interval.Upper, 0.61, 0.79);
    }

    private static void Near(double[] expected, IEnumerable<double> actual, double tolerance = 1e-12) =>
        Assert.All(expected.Zip(actual, (wanted, found) => (wanted, found)), pair => Assert.Equal(pair.wanted, pair.found, tolerance));

    private RaterReport Describe(params MasksRow[] rows) => _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromEnumerable(rows));

    private sealed class GroupedRow : BareRow
    {
        public string Group { get; set; } = "";
    }

    private class BareRow
    {
        public string Case { get; set; } = "";

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }

    private sealed class MasksRow : BareRow
    {
        public string[] RaterNames { get; set; } = [];
    }

    private sealed class Listener(Action<CaseAgreement> report) : IProgress<CaseAgreement>
    {
        public void Report(CaseAgreement value) => report(value);
    }
}
