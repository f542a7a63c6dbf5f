using Consensus.ML.Evaluation;

namespace Consensus.ML.Studies.Reports;

/// <summary>Groups of the library's measures: each group is a table of the report.</summary>
internal static class ScoreGroup
{
    /// <summary>Measures of the soft map: the headline table.</summary>
    public static IReadOnlyList<SegmentationMeasure> Maps { get; } = Named(
        nameof(CaseMetrics.SoftDice5), nameof(CaseMetrics.SoftDice9), nameof(CaseMetrics.F1), nameof(CaseMetrics.IntersectionOverUnion),
        nameof(CaseMetrics.AreaRatio), nameof(CaseMetrics.BoundaryF));

    /// <summary>Measures of the soft map at the size of the raters' masks.</summary>
    public static IReadOnlyList<SegmentationMeasure> Native { get; } = Named(
        nameof(CaseMetrics.NativeSoftDice5), nameof(CaseMetrics.NativeSoftDice9));

    /// <summary>Measures over volumes.</summary>
    public static IReadOnlyList<SegmentationMeasure> Volumes { get; } = Named(
        nameof(CaseMetrics.SoftDice5), nameof(CaseMetrics.SoftDice9), nameof(CaseMetrics.F1), nameof(CaseMetrics.RaterDice),
        nameof(CaseMetrics.ExpectedCalibrationError), nameof(CaseMetrics.BrierScore), nameof(CaseMetrics.AreaRankedProbability),
        nameof(CaseMetrics.GeneralizedEnergyDistance));

    /// <summary>Measures of outlines, and of how well the numbers in a map are calibrated.</summary>
    public static IReadOnlyList<SegmentationMeasure> Outlines { get; } = Named(
        nameof(CaseMetrics.HausdorffDistance95), nameof(CaseMetrics.NormalizedSurfaceDice), nameof(CaseMetrics.ExpectedCalibrationError),
        nameof(CaseMetrics.AdaptiveCalibrationError), nameof(CaseMetrics.BrierScore), nameof(CaseMetrics.RiskCoverageArea),
        nameof(CaseMetrics.UncertaintyErrorCorrelation));

    /// <summary>Measures of the newest challenges: consensus, single raters, and the area.</summary>
    public static IReadOnlyList<SegmentationMeasure> Challenges { get; } = Named(
        nameof(CaseMetrics.StapleDice), nameof(CaseMetrics.ConsensusDice), nameof(CaseMetrics.ConsensusConfidence),
        nameof(CaseMetrics.RaterDice), nameof(CaseMetrics.RaterCalibrationError), nameof(CaseMetrics.AreaRankedProbability),
        nameof(CaseMetrics.NormalAreaRankedProbability));

    /// <summary>Measures that compare the set of sampled maps with the set of raters' masks.</summary>
    public static IReadOnlyList<SegmentationMeasure> Samples { get; } = Named(
        nameof(CaseMetrics.GeneralizedEnergyDistance), nameof(CaseMetrics.SampleDiversity), nameof(CaseMetrics.RaterDiversity),
        nameof(CaseMetrics.DrawnEnergyDistance), nameof(CaseMetrics.DrawnDiversity), nameof(CaseMetrics.MaximumDice),
        nameof(CaseMetrics.ReversedMaximumDice), nameof(CaseMetrics.MatchedDice), nameof(CaseMetrics.MatchedIntersectionOverUnion),
        nameof(CaseMetrics.NormalizedCrossCorrelation), nameof(CaseMetrics.CollectiveInsight), nameof(CaseMetrics.AreaError),
        nameof(CaseMetrics.AreaDistance));

    /// <summary>An arrow for the end of a heading: it says which direction is better.</summary>
    public static string Arrow(SegmentationMeasure measure) => measure.Direction switch
    {
        MeasureDirection.HigherIsBetter => "\u00A0↑",
        MeasureDirection.LowerIsBetter => "\u00A0↓",
        MeasureDirection.NearerToZeroIsBetter => "\u00A0→\u00A00",
        _ => "",
    };

    /// <summary>
    /// The best of several means; NaN where a measure has no better direction or is of another quantity for each kind of method (the
    /// uncertainty), and for fewer than two means.
    /// </summary>
    public static double Best(SegmentationMeasure measure, IEnumerable<double> means)
    {
        double[] known = [.. means.Where(mean => !double.IsNaN(mean))];
        return known.Length < 2 || measure.Name == nameof(CaseMetrics.UncertaintyErrorCorrelation) ? double.NaN : measure.Direction switch
        {
            MeasureDirection.HigherIsBetter => known.Max(),
            MeasureDirection.LowerIsBetter => known.Min(),
            MeasureDirection.NearerToZeroIsBetter => known.MinBy(Math.Abs),
            _ => double.NaN,
        };
    }

    private static SegmentationMeasure[] Named(params ReadOnlySpan<string> names)
    {
        var measures = new SegmentationMeasure[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            measures[i] = SegmentationMeasure.ByName(names[i]);
        }

        return measures;
    }
}
