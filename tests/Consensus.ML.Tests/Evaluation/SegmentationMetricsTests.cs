using System.Reflection;
using Consensus.Imaging;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
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
    public void Means_leave_out_cases_without_a_value_and_say_how_many_remain()
    {
        // The second map is empty and its truth is not, so it has no Hausdorff distance. Neither case has samples.
        var metrics = new SegmentationMetrics([Perfect, Missed]);
        Assert.Equal(0, metrics.HausdorffDistance95);
        Assert.Equal(1, metrics.Summary(SegmentationMeasure.ByName("hausdorffDistance95")).Cases);
        Assert.Equal(0.5, metrics.NormalizedSurfaceDice);
        Assert.Equal(2, metrics.Summary(SegmentationMeasure.ByName("NormalizedSurfaceDice")).Cases);
        Assert.Equal(double.NaN, metrics.GeneralizedEnergyDistance);
        MeasureSummary none = metrics.Summary(SegmentationMeasure.ByName("GeneralizedEnergyDistance"));
        Assert.Equal((0, ConfidenceInterval.None), (none.Cases, none.Interval));

        // With two values, the resampled means are the two values and their middle.
        Assert.Equal(new ConfidenceInterval(0, 1), metrics.Summary(SegmentationMeasure.ByName("F1")).Interval);
        Assert.Equal(
            ConfidenceInterval.None,
            new SegmentationMetrics([Perfect, Missed], new() { BootstrapResamples = 0 })
                .Summary(SegmentationMeasure.ByName("F1")).Interval);
    }

    [Fact]
    public void Every_measure_has_a_member_of_its_name_in_both_and_the_mean_is_that_of_the_cases()
    {
        // Each number of a case differs from all others, so that a mix-up of two numbers shows.
        int next = 0;
        CaseMetrics[] cases = [.. Enumerable.Range(0, 2).Select(_ => Perfect with { })];
        foreach (CaseMetrics one in cases)
        {
            foreach (PropertyInfo property in typeof(CaseMetrics)
                .GetProperties()
                .Where(property => property.PropertyType == typeof(double) && property.CanWrite))
            {
                property.SetValue(one, (double)next++);
            }
        }

        var metrics = new SegmentationMetrics(cases);
        Assert.Equal(SegmentationMeasure.All.Count, SegmentationMeasure.All.Select(measure => measure.Name).Distinct().Count());
        Assert.Equal(SegmentationMeasure.All, metrics.Summaries.Select(summary => summary.Measure));
        foreach (SegmentationMeasure measure in SegmentationMeasure.All)
        {
            double[] values = [.. cases.Select(one => (double)typeof(CaseMetrics).GetProperty(measure.Name)!.GetValue(one)!)];
            Assert.Equal(values, cases.Select(measure.ValueOf));
            Assert.Equal(values.Average(), (double)typeof(SegmentationMetrics).GetProperty(measure.Name)!.GetValue(metrics)!, 1e-12);
            Assert.Equal(values.Average(), metrics.Summary(measure).Mean, 1e-12);
        }

        // No number of a case is forgotten. Only the tolerance is left out, because it is no score.
        Assert.Equal(
            typeof(CaseMetrics)
                .GetProperties()
                .Where(property => property.PropertyType == typeof(double))
                .Select(property => property.Name)
                .Except(["SurfaceTolerance"])
                .Order(),
            SegmentationMeasure.All.Select(measure => measure.Name).Order());
        Assert.Contains(
            "SoftDice9", Assert.Throws<ArgumentException>(() => SegmentationMeasure.ByName("dice")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Millimetres_and_pixels_are_not_averaged_and_the_mean_says_what_it_leaves_out()
    {
        CaseMetrics[] cases =
        [
            Perfect with { HausdorffDistance95 = 7 },
            Perfect with { DistanceUnit = DistanceUnit.Millimeters, HausdorffDistance95 = 2 },
            Perfect with { DistanceUnit = DistanceUnit.Millimeters, HausdorffDistance95 = 4 },
            Perfect with { DistanceUnit = DistanceUnit.Millimeters, HausdorffDistance95 = double.NaN },
        ];
        var metrics = new SegmentationMetrics(cases);
        Assert.Equal(
            (DistanceUnit.Millimeters, 3.0, 1.0), (metrics.DistanceUnit, metrics.HausdorffDistance95, metrics.NormalizedSurfaceDice));
        MeasureSummary distance = metrics.Summary(SegmentationMeasure.ByName("HausdorffDistance95"));
        Assert.Equal((2, 4), (distance.Cases, distance.AllCases));
        Assert.Equal([new("its file does not say how large a pixel is", 1), new("one of the two maps is empty", 1)], distance.LeftOut);
        Assert.Empty(metrics.Summary(SegmentationMeasure.ByName("NormalizedSurfaceDice")).LeftOut);

        // A tolerance of 2 means 2 mm in some cases and 2 pixels in others.
        MeasureSummary surface = new SegmentationMetrics(cases, new() { SurfaceTolerance = 2 })
            .Summary(SegmentationMeasure.ByName("NormalizedSurfaceDice"));
        Assert.Equal((3, 4), (surface.Cases, surface.AllCases));
        Assert.Equal(DistanceUnit.Pixels, new SegmentationMetrics([Perfect, Missed]).DistanceUnit);
    }

    [Fact]
    public void Any_thresholds_can_be_asked_for()
    {
        // Two of four raters mark the first pixel, and all mark the second. At 0.5, both maps have two pixels. At 0.6, only the prediction
        // still has two.
        var masks = new RaterMasks(4, 1, 3, [1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0]);
        CaseMetrics one = CaseMetrics.Compute("a", [0.7f, 1, 0], masks, options: new() { Thresholds = [0.5f, 0.6f] });
        Assert.Equal(1, one.DiceAtThresholds[0], 1e-6);
        Assert.Equal(2 / 3.0, one.DiceAtThresholds[1], 1e-6);
        Assert.Equal(5 / 6.0, one.MeanDiceAtThresholds, 1e-6);
        var metrics = new SegmentationMetrics([one]);
        Assert.Equal(5 / 6.0, metrics.MeanDiceAtThresholds, 1e-6);
        Assert.Equal([0.5f, 0.6f], metrics.Thresholds);
        Assert.Equal(2 / 3.0, (double)metrics.ToDataFrame()["DiceAt0.6"][0], 1e-6);

        // The headline does not change: 0.5 fits, 0.7 does not, 0.9 does.
        Assert.Equal((4 + (2 / 3.0)) / 5, one.SoftDice5, 1e-6);
        Assert.Contains(
            "different thresholds",
            Assert.Throws<ArgumentException>(() => new SegmentationMetrics([one, Perfect])).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<string, object> WrongOptions { get; } = new()
    {
        { "EvaluationOptions.Thresholds is empty", new EvaluationOptions { Thresholds = [] } },
        { "EvaluationOptions.Thresholds is 0; it must be above 0 and at most 1", new EvaluationOptions { Thresholds = [0.5f, 0] } },
        { "EvaluationOptions.Thresholds has 0.5 twice", new EvaluationOptions { Thresholds = [0.5f, 0.25f, 0.5f] } },
        { "EvaluationOptions.Thresholds is NaN", new EvaluationOptions { Thresholds = [float.NaN] } },
        { "EvaluationOptions.SurfaceTolerance is 0; it must be above 0, or null", new EvaluationOptions { SurfaceTolerance = 0 } },
        { "EvaluationOptions.AreaDeviations is 0; it must be above 0, or null", new EvaluationOptions { AreaDeviations = 0 } },
        { "EvaluationOptions.EnergyDistance is null", new EvaluationOptions { EnergyDistance = null! } },
        {
            "EnergyDistanceOptions.EmptyDistance is -1; it must be from 0 to 1",
            new EvaluationOptions { EnergyDistance = new() { EmptyDistance = -1 } }
        },
        { "EvaluationOptions.CalibrationBins is 0; it must be from 1", new EvaluationOptions { CalibrationBins = 0 } },
        { "EvaluationOptions.BootstrapResamples is -1; it must be from 0", new EvaluationOptions { BootstrapResamples = -1 } },
        { "EvaluationOptions.Confidence is 95; it must be above 0 and below 1", new EvaluationOptions { Confidence = 95 } },
    };

    [Theory]
    [MemberData(nameof(WrongOptions), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_refused_with_its_name_its_value_and_what_is_allowed(string expected, object options) =>
        Assert.Contains(
            expected,
            Assert.Throws<ArgumentException>(() => new SegmentationMetrics([Perfect], (EvaluationOptions)options)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_case_carries_the_measures_of_its_outline_calibration_samples_and_uncertainty()
    {
        // One rater marks two of four pixels, the other marks one. The map is 1, 1, 1/2, 0.
        var raters = new RaterMasks(2, 1, 4, [1, 1, 0, 0, 1, 0, 0, 0]);
        var samples = new RaterMasks(3, 1, 4, [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
        float[] map = [1, 1, 0.5f, 0], truth = [1, 0.5f, 0, 0], uncertainty = [0, 3, 2, 1];
        CaseMetrics one = CaseMetrics.Compute(
            "a", map, raters, samples, uncertainty, new SliceGeometry(2, 3, [.. SliceGeometry.None.Affine]));
        SampleSetMetrics set = SampleSetMetrics.Compute(samples, raters);
        Assert.Equal(
            (3, set.GeneralizedEnergyDistance, set.CollectiveInsight), (one.Samples, one.GeneralizedEnergyDistance, one.CollectiveInsight));
        Assert.Equal(
            (set.SampleDiversity, set.RaterDiversity, set.MaximumDice), (one.SampleDiversity, one.RaterDiversity, one.MaximumDice));
        Assert.Equal(
            (set.MatchedIntersectionOverUnion, set.CombinedSensitivity, set.DiversityAgreement),
            (one.MatchedIntersectionOverUnion, one.CombinedSensitivity, one.DiversityAgreement));
        Assert.Equal(
            (set.MeanSampleArea, set.MeanRaterArea, set.AreaError, set.AreaDistance),
            (one.MeanSampleArea, one.MeanRaterArea, one.AreaError, one.AreaDistance));

        // Rounded, the maps are 1100 and 1000. The distance is one pixel of 3 mm, at position 0.95 between 0 and 1. The tolerance is the
        // longer side.
        Assert.Equal(0.95 * 3, one.HausdorffDistance95, 1e-12);
        Assert.Equal((DistanceUnit.Millimeters, 3.0, 1.0), (one.DistanceUnit, one.SurfaceTolerance, one.NormalizedSurfaceDice));
        Assert.Equal(
            2 / 3.0, CaseMetrics.Compute("a", map, raters, options: new() { SurfaceTolerance = 0.9 }).NormalizedSurfaceDice, 1e-12);
        Assert.Equal(
            (set.ReversedMaximumDice, set.MatchedDice, set.NormalizedCrossCorrelation),
            (one.ReversedMaximumDice, one.MatchedDice, one.NormalizedCrossCorrelation));
        Assert.Equal(Calibration.ExpectedError(map, truth), one.ExpectedCalibrationError);
        Assert.Equal(Calibration.AdaptiveError(map, truth), one.AdaptiveCalibrationError);
        Assert.Equal(Calibration.BrierScore(map, truth), one.BrierScore);
        Assert.Equal(0.25 / 4, one.UnavoidableBrierScore, 1e-12);

        // The errors 0, 1/2, 1/2, 0 have the ranks 1.5, 3.5, 3.5, 1.5. The uncertainties have the ranks 1, 4, 3, 2. The products sum to 1.5
        // + 1.5 + 0.5 + 0.5, and the squares to 5 and 4.
        Assert.Equal(4 / Math.Sqrt(20), one.UncertaintyErrorCorrelation, 1e-12);

        CaseMetrics plain = CaseMetrics.Compute("a", map, raters);
        Assert.Equal(
            (0, DistanceUnit.Pixels, 1.0, 0.95), (plain.Samples, plain.DistanceUnit, plain.SurfaceTolerance, plain.HausdorffDistance95));
        Assert.Equal(
            (double.NaN, 1.5, double.NaN),
            (plain.GeneralizedEnergyDistance, plain.MeanRaterArea, plain.UncertaintyErrorCorrelation));
    }

    [Fact]
    public void A_case_carries_the_measures_of_the_newest_challenges()
    {
        // Three raters with areas 1, 2 and 3, and a map that is sure of the first pixel and marks the second.
        var raters = new RaterMasks(3, 1, 4, [1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
        float[] map = [1, 0.75f, 0.25f, 0.25f], truth = [1, 2 / 3f, 1 / 3f, 0];
        CaseMetrics one = CaseMetrics.Compute("a", map, raters, raterNames: ["x", "y", "z"]);

        // STAPLE: two of three raters mark the second pixel, and it is true. All agree on the first and the last pixel.
        Assert.Equal((1.0, 1.0), (one.StapleDice, one.ConsensusDice));
        Assert.Equal((1 + 0.75) / 2, one.ConsensusConfidence, 1e-12);

        // Rounded, the map has the first two pixels.
        Assert.Equal(["x", "y", "z"], one.OfRaters.Select(score => score.Name));
        Assert.Equal([2 / 3.0, 1.0, 4 / 5.0], one.OfRaters.Select(score => score.Dice));
        Assert.Equal(((2 / 3.0) + 1 + 0.8) / 3, one.RaterDice, 1e-12);

        // The bins hold the first pixel, the second, and the last two. The first rater: 0 + 3/4 + 1/2, of four pixels.
        Assert.Equal([1.25 / 4, (0.25 + 0.5) / 4, (0.25 + 0.5) / 4], one.OfRaters.Select(score => score.CalibrationError));
        Assert.Equal(2.75 / 12, one.RaterCalibrationError, 1e-12);

        // Errors: the first pixel is right for all; the other three have equal confidence and the mean error (1/3 + 1/3 + 0) / 3 = 2/9.
        // The risks are 0, 1/9, 4/27 and 1/6. The best order has the errors 0, 0, 1/3, 1/3.
        Assert.Equal((0 + (1 / 9.0) + (4 / 27.0) + (1 / 6.0)) / 4, one.RiskCoverageArea, 1e-7);
        Assert.Equal(one.RiskCoverageArea - (((1 / 9.0) + (1 / 6.0)) / 4), one.ExcessRiskCoverageArea, 1e-7);

        // Σp = 2.25. The areas are 1.25, 0.25 and 0.75 away, and 8/9 from each other on average.
        Assert.Equal((2.25, 2.0), (one.ExpectedArea, Math.Round(one.MeanRaterArea, 6)));
        Assert.Equal((2.25 / 3) - (4 / 9.0), one.AreaRankedProbability, 1e-12);
        Assert.Equal(RankedProbability.OfNormal([1, 2, 3], 2.25), one.NormalAreaRankedProbability);
        Assert.Equal(
            RankedProbability.OfNormal([1, 2, 3], 2.25, 3),
            CaseMetrics.Compute("a", map, raters, options: new() { AreaDeviations = 3 }).NormalAreaRankedProbability);

        // From the soft map alone, what needs single raters has no value.
        CaseMetrics soft = CaseMetrics.Compute("b", map, truth, 1, 4, 3);
        Assert.Equal(
            (one.ConsensusDice, one.ConsensusConfidence, one.RiskCoverageArea, one.ExpectedArea),
            (soft.ConsensusDice, soft.ConsensusConfidence, soft.RiskCoverageArea, soft.ExpectedArea));
        Assert.Equal(
            (double.NaN, double.NaN, double.NaN, double.NaN),
            (soft.StapleDice, soft.RaterDice, soft.RaterCalibrationError, soft.AreaRankedProbability));
        Assert.Equal(
            "the masks of its raters are not known",
            Assert.Single(new SegmentationMetrics([one, soft]).Summary(SegmentationMeasure.ByName("StapleDice")).LeftOut).Reason);
        Assert.Contains(
            "There are 2 rater names for 3 masks",
            Assert.Throws<ArgumentException>(() => CaseMetrics.Compute("a", map, raters, raterNames: ["x", "y"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_against_each_rater_are_means_over_the_cases_that_the_rater_drew()
    {
        var both = new RaterMasks(2, 1, 2, [1, 0, 1, 1]);
        CaseMetrics[] cases =
        [
            CaseMetrics.Compute("a", [1, 0], both, raterNames: ["10", "9"]),
            CaseMetrics.Compute("b", [1, 1], new RaterMasks(1, 1, 2, [0, 0]), raterNames: ["9"]),
        ];
        Assert.Equal(
            [new("9", 2, (2 / 3.0) / 2, 0.75), new("10", 1, 1, 0)], new SegmentationMetrics(cases).Raters);
        Assert.Equal(["1", "2"], CaseMetrics.Compute("a", [1, 0], both).OfRaters.Select(score => score.Name));
    }

    [Fact]
    public void The_convention_of_the_energy_distance_is_an_option()
    {
        RaterMasks samples = new(2, 1, 2, [1, 0, 0, 1]), raters = new(2, 1, 2, [1, 1, 1, 1]);
        Assert.Equal((2 * 0.5) - 0.5, CaseMetrics.Compute("a", [1, 1], raters, samples).GeneralizedEnergyDistance, 1e-12);
        CaseMetrics different = CaseMetrics.Compute(
            "a", [1, 1], raters, samples, options: new() { EnergyDistance = new() { Pairs = EnergyPairs.Different } });
        Assert.Equal((0.0, 1.0), (different.GeneralizedEnergyDistance, different.SampleDiversity));
        CaseMetrics lone = CaseMetrics.Compute(
            "b", [1, 1], raters, new RaterMasks(1, 1, 2, [1, 0]),
            options: new() { EnergyDistance = new() { Pairs = EnergyPairs.Different } });
        Assert.Equal(
            "it has one sample or one rater, and so no pair",
            Assert.Single(new SegmentationMetrics([different, lone]).Summary(
                SegmentationMeasure.ByName("GeneralizedEnergyDistance")).LeftOut).Reason);
    }

    [Fact]
    public void People_are_scored_on_the_same_cases_as_the_map()
    {
        // RaterYardsticksTests derive the values: 0.7467, 0.6111, 0.6111 and 0.8.
        var three = new RaterMasks(3, 1, 4, [1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0]);
        CaseMetrics scored = CaseMetrics.Compute("a", [0, 1, 0, 0], three),
            lone = CaseMetrics.Compute("b", [0, 1, 0, 0], new RaterMasks(1, 1, 4, [0, 1, 0, 0]));
        Assert.Equal(0.7466667, scored.OneAgainstAll, 1e-6);
        Assert.Equal(0.6111111, scored.OneAgainstOthers, 1e-6);
        Assert.Equal(0.6111111, scored.HalfAgainstHalf, 1e-6);
        Assert.Equal(0.8, scored.MajorityAgainstAll, 1e-6);
        var metrics = new SegmentationMetrics([scored, lone]);
        MeasureSummary panel = metrics.Summary(SegmentationMeasure.ByName("HalfAgainstHalf"));
        Assert.Equal((1, "it has one rater"), (panel.Cases, Assert.Single(panel.LeftOut).Reason));
        Assert.Equal((panel.Mean, panel.Interval), (metrics.Yardsticks.HalfAgainstHalf.Mean, metrics.Yardsticks.HalfAgainstHalf.Interval));

        // The map is the majority's outline of the first case, and has its score.
        Assert.Equal(scored.MajorityAgainstAll, scored.SoftDice5, 1e-12);
        Assert.Equal("past the majority's outline", metrics.Yardsticks.Place(metrics.SoftDice5));
    }

    [Fact]
    public void The_table_has_one_row_a_case_and_one_column_a_score()
    {
        DataFrame table = new SegmentationMetrics([Perfect, Missed]).ToDataFrame();
        Assert.Equal(2, table.Rows.Count);
        Assert.Equal("case02", table["Case"][1]);
        Assert.Equal(1.0, (double)table["SoftDice5"][0], 1e-6);
        Assert.Equal(0.0, (double)table["DiceAt0.9"][1], 1e-5);
        Assert.Equal("case02", table["Group"][1]);
        Assert.Equal(6 + 49 + 9 + 2, table.Columns.Count);
    }

    [Fact]
    public void Maps_that_expect_little_of_themselves_should_be_those_that_are_wrong()
    {
        var masks = new RaterMasks(1, 1, 4, [1, 1, 0, 0]);
        Assert.Equal(3.5 / 4.25, CaseMetrics.Compute("a", [1, 0.75f, 0.25f, 0.25f], masks).ExpectedDice, 1e-12);

        // The best order: risks 0.1, 0.2, 0.5.
        CaseRiskCoverage best = Of((0.9, 0.9), (0.7, 0.5), (0.8, 0.8));
        Assert.Equal((0.1 + 0.15 + (0.8 / 3)) / 3, best.Area, 1e-6);
        Assert.Equal(0, best.Excess, 1e-6);
        Assert.Equal(0.8 / 3, best.ByChance, 1e-12);

        // The worst: 0.5, 0.2, 0.1. A case without a value does not count.
        CaseRiskCoverage worst = Of((0.7, 0.9), (0.9, 0.5), (double.NaN, 0.1), (0.8, 0.8));
        Assert.Equal((0.5 + 0.35 + (0.8 / 3)) / 3, worst.Area, 1e-6);
        Assert.Equal(worst.Area - best.Area, worst.Excess, 1e-6);

        // Without an order, it is chance.
        CaseRiskCoverage none = Of((0.8, 0.9), (0.8, 0.5), (0.8, 0.8));
        Assert.Equal(none.ByChance, none.Area, 1e-6);
        Assert.Equal(double.NaN, Of((0.8, 0.9)).Area);
        Assert.Contains(
            "There are 1 values of the expected Dice and 2",
            Assert.Throws<ArgumentException>(() => CaseRiskCoverage.Compute([1], [1, 1])).Message, StringComparison.Ordinal);

        static CaseRiskCoverage Of(params (double Expected, double SoftDice)[] cases) => new SegmentationMetrics(
            cases.Select(one => Perfect with { ExpectedDice = one.Expected, SoftDice5 = one.SoftDice })).CaseRiskCoverage;
    }

    [Fact]
    public void No_case_at_all_is_refused() => Assert.Throws<ArgumentException>(() => new SegmentationMetrics([]));
}
