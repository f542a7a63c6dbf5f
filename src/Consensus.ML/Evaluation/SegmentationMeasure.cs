namespace Consensus.ML.Evaluation;

/// <summary>
/// A measure of <see cref="CaseMetrics"/>, for choosing and listing measures. <see cref="All"/> has every number that is averaged over
/// cases. Its name is the name of its member.
/// </summary>
public sealed class SegmentationMeasure
{
    private readonly Func<CaseMetrics, double> _value;

    private SegmentationMeasure(string name, string title, MeasureDirection direction, string description, Func<CaseMetrics, double> value)
    {
        Name = name;
        Title = title;
        Direction = direction;
        Description = description;
        _value = value;
    }

    /// <summary>
    /// Every measure: those of the soft map first, then those of the samples, of areas, of the uncertainty, of the raters, and those at the
    /// size of the raters' masks.
    /// </summary>
    public static IReadOnlyList<SegmentationMeasure> All { get; } = Array.AsReadOnly<SegmentationMeasure>(
    [
        Higher(
            nameof(CaseMetrics.SoftDice5), "soft Dice 5", "Dice of the soft maps cut at 0.1, 0.3, … 0.9, averaged", one => one.SoftDice5),
        Higher(
            nameof(CaseMetrics.SoftDice9), "soft Dice 9", "Dice of the soft maps cut at 0.1, 0.2, … 0.9, averaged", one => one.SoftDice9),
        Higher(
            nameof(CaseMetrics.MeanDiceAtThresholds), "soft Dice", "Dice of the soft maps cut at the chosen thresholds",
            one => one.MeanDiceAtThresholds),
        Higher(nameof(CaseMetrics.F1), "F1", "Dice of the maps rounded at one half", one => one.F1),
        Higher(
            nameof(CaseMetrics.StapleDice), "STAPLE Dice", "Dice of the rounded map and the STAPLE estimate",
            one => one.StapleDice),
        Higher(
            nameof(CaseMetrics.ConsensusDice), "consensus Dice", "Dice of the rounded map where all raters agree",
            one => one.ConsensusDice),
        Higher(
            nameof(CaseMetrics.ConsensusConfidence), "confidence", "confidence of the soft map where all raters agree",
            one => one.ConsensusConfidence),
        Higher(
            nameof(CaseMetrics.RaterDice), "rater Dice", "Dice of the rounded map and one rater, averaged",
            one => one.RaterDice),
        Higher(
            nameof(CaseMetrics.IntersectionOverUnion), "IoU", "intersection over union of the rounded maps",
            one => one.IntersectionOverUnion),
        Higher(nameof(CaseMetrics.AreaRatio), "area ratio", "smaller over larger area of the rounded maps", one => one.AreaRatio),
        Higher(nameof(CaseMetrics.BoundaryF), "boundary F", "boundary F of the rounded maps within 1 to 5 pixels", one => one.BoundaryF),
        Lower(
            nameof(CaseMetrics.HausdorffDistance95), "HD95", "Hausdorff distance at 95 % of the rounded maps",
            one => one.HausdorffDistance95),
        Higher(
            nameof(CaseMetrics.NormalizedSurfaceDice), "surface Dice", "share of the rounded maps' outlines within a tolerance",
            one => one.NormalizedSurfaceDice),
        Lower(
            nameof(CaseMetrics.ExpectedCalibrationError), "ECE", "expected calibration error of the share of raters",
            one => one.ExpectedCalibrationError),
        Lower(
            nameof(CaseMetrics.AdaptiveCalibrationError), "ACE", "adaptive calibration error: bins of as many pixels each",
            one => one.AdaptiveCalibrationError),
        Lower(
            nameof(CaseMetrics.RaterCalibrationError), "rater ECE", "expected calibration error against one rater, averaged",
            one => one.RaterCalibrationError),
        Lower(nameof(CaseMetrics.BrierScore), "Brier", "mean squared difference of map and each rater's mark", one => one.BrierScore),
        Neither(
            nameof(CaseMetrics.UnavoidableBrierScore), "unavoidable Brier", "the part of it that is the raters' disagreement",
            one => one.UnavoidableBrierScore),
        Lower(
            nameof(CaseMetrics.RiskCoverageArea), "AURC", "area under the risk-coverage curve over the pixels",
            one => one.RiskCoverageArea),
        Lower(
            nameof(CaseMetrics.ExcessRiskCoverageArea), "E-AURC", "what of it a better order of the pixels would save",
            one => one.ExcessRiskCoverageArea),
        Neither(
            nameof(CaseMetrics.ExpectedDice), "expected Dice", "Dice that the soft map expects of its own outline",
            one => one.ExpectedDice),
        Lower(
            nameof(CaseMetrics.GeneralizedEnergyDistance), "GED", "generalised energy distance of samples and raters",
            one => one.GeneralizedEnergyDistance),
        Neither(nameof(CaseMetrics.SampleDiversity), "sample diversity", "mean 1 − IoU of two samples", one => one.SampleDiversity),
        Neither(nameof(CaseMetrics.RaterDiversity), "rater diversity", "mean 1 − IoU of two raters", one => one.RaterDiversity),
        Lower(
            nameof(CaseMetrics.DrawnEnergyDistance), "GED drawn", "GED of masks that raters might draw, from the map",
            one => one.DrawnEnergyDistance),
        Neither(
            nameof(CaseMetrics.DrawnDiversity), "drawn diversity", "mean 1 − IoU of two drawn masks", one => one.DrawnDiversity),
        Higher(
            nameof(CaseMetrics.MaximumDice), "D max", "Dice of each rater with the most similar sample, averaged", one => one.MaximumDice),
        Higher(
            nameof(CaseMetrics.ReversedMaximumDice), "D max reversed", "Dice of each sample with the most similar rater, averaged",
            one => one.ReversedMaximumDice),
        Higher(
            nameof(CaseMetrics.MatchedDice), "D match", "Dice of samples and raters paired one to one",
            one => one.MatchedDice),
        Higher(
            nameof(CaseMetrics.MatchedIntersectionOverUnion), "matched IoU", "IoU of samples and raters matched one to one",
            one => one.MatchedIntersectionOverUnion),
        Higher(
            nameof(CaseMetrics.CombinedSensitivity), "S c", "share of what any rater marked that any sample marks",
            one => one.CombinedSensitivity),
        Higher(
            nameof(CaseMetrics.DiversityAgreement), "D a", "agreement of the samples' and the raters' variance",
            one => one.DiversityAgreement),
        Higher(nameof(CaseMetrics.CollectiveInsight), "CI", "collective insight, of S c, D max and D a", one => one.CollectiveInsight),
        Higher(
            nameof(CaseMetrics.NormalizedCrossCorrelation), "NCC", "correlation of the samples' variety with the errors",
            one => one.NormalizedCrossCorrelation),
        Neither(
            nameof(CaseMetrics.ExpectedArea), "expected area", "sum of the soft map, in pixels",
            one => one.ExpectedArea),
        Lower(
            nameof(CaseMetrics.AreaRankedProbability), "CRPS", "CRPS of the expected area and the raters' areas",
            one => one.AreaRankedProbability),
        Lower(
            nameof(CaseMetrics.NormalAreaRankedProbability), "normal CRPS", "CRPS of the expected area, raters' areas as normal",
            one => one.NormalAreaRankedProbability),
        Neither(nameof(CaseMetrics.MeanSampleArea), "sample area", "mean area of the samples, in pixels", one => one.MeanSampleArea),
        Neither(nameof(CaseMetrics.MeanRaterArea), "rater area", "mean area of the raters' masks, in pixels", one => one.MeanRaterArea),
        new(
            nameof(CaseMetrics.AreaError), "area error", MeasureDirection.NearerToZeroIsBetter,
            "relative error of the samples' mean area", one => one.AreaError),
        Lower(
            nameof(CaseMetrics.AreaDistance), "area distance", "distance of the samples' areas from the raters'", one => one.AreaDistance),
        Higher(
            nameof(CaseMetrics.UncertaintyErrorCorrelation), "uncertainty", "rank correlation over pixels of uncertainty and error",
            one => one.UncertaintyErrorCorrelation),
        Neither(
            nameof(CaseMetrics.OneAgainstAll), "one rater", "soft Dice 5 of one rater against all raters",
            one => one.OneAgainstAll),
        Neither(
            nameof(CaseMetrics.OneAgainstOthers), "one of others", "soft Dice 5 of one rater against the others",
            one => one.OneAgainstOthers),
        Neither(
            nameof(CaseMetrics.HalfAgainstHalf), "second panel", "soft Dice 5 of half of the raters against the other half",
            one => one.HalfAgainstHalf),
        Neither(
            nameof(CaseMetrics.MajorityAgainstAll), "majority", "soft Dice 5 of the majority's outline against all raters",
            one => one.MajorityAgainstAll),
        Higher(
            nameof(CaseMetrics.NativeSoftDice5), "native Dice 5", "soft Dice 5 at the size of the raters' masks",
            one => one.NativeSoftDice5),
        Higher(
            nameof(CaseMetrics.NativeSoftDice9), "native Dice 9", "soft Dice 9 at the size of the raters' masks",
            one => one.NativeSoftDice9),
        Neither(
            nameof(CaseMetrics.ResizingCeiling), "native ceiling", "what resizing leaves of the raters' own map",
            one => one.ResizingCeiling),
    ]);

    /// <summary>
    /// The name of the measure's member in <see cref="CaseMetrics"/> and <see cref="SegmentationMetrics"/>, and of its column in tables. In
    /// JSON, the name starts with a small letter.
    /// </summary>
    public string Name { get; }

    /// <summary>A short heading for tables.</summary>
    public string Title { get; }

    /// <summary>A description of the measure in one line.</summary>
    public string Description { get; }

    /// <summary>Which values are good.</summary>
    public MeasureDirection Direction { get; }

    /// <summary>
    /// Whether the measure is of single slices: those of outlines, of drawn masks and at the size of the raters' masks have no value over
    /// volumes (<see cref="SegmentationMetrics.Volumes"/>).
    /// </summary>
    public bool IsOfSlices => Name is nameof(CaseMetrics.BoundaryF) or nameof(CaseMetrics.HausdorffDistance95)
        or nameof(CaseMetrics.NormalizedSurfaceDice) or nameof(CaseMetrics.DrawnEnergyDistance) or nameof(CaseMetrics.DrawnDiversity)
        or nameof(CaseMetrics.NativeSoftDice5) or nameof(CaseMetrics.NativeSoftDice9) or nameof(CaseMetrics.ResizingCeiling);

    /// <summary>Finds a measure by name.</summary>
    /// <param name="name">A <see cref="Name"/>, in any case of letters.</param>
    /// <exception cref="ArgumentException">No measure has that name; the message lists the measures.</exception>
    public static SegmentationMeasure ByName(string name) =>
        All.FirstOrDefault(measure => string.Equals(measure.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"There is no measure '{name}'; there are {string.Join(", ", All.Select(measure => measure.Name))}.", nameof(name));

    /// <summary>The value of the measure for a case; NaN where the case has no value.</summary>
    /// <param name="scores">The scores of the case.</param>
    public double ValueOf(CaseMetrics scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return _value(scores);
    }

    /// <summary>Its <see cref="Name"/>.</summary>
    public override string ToString() => Name;

    private static SegmentationMeasure Higher(string name, string title, string description, Func<CaseMetrics, double> value) =>
        new(name, title, MeasureDirection.HigherIsBetter, description, value);

    private static SegmentationMeasure Lower(string name, string title, string description, Func<CaseMetrics, double> value) =>
        new(name, title, MeasureDirection.LowerIsBetter, description, value);

    private static SegmentationMeasure Neither(string name, string title, string description, Func<CaseMetrics, double> value) =>
        new(name, title, MeasureDirection.Descriptive, description, value);
}
