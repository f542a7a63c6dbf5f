using System.Text.Json.Serialization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Every score of one case. A score is NaN where the case lacks the data for it (samples, an uncertainty, the raters' masks) or where it is
/// not defined. <see cref="SegmentationMeasure"/> lists them with their meaning and direction.
/// </summary>
public sealed record CaseMetrics
{
    /// <summary>The case's name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The group that the case shares with others, such as a patient or a volume (<see cref="RaterCase.Group"/>). Confidence intervals
    /// resample groups. Null (the default) where the case is a group by itself.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>
    /// The name of the volume that the case is a slice of, as <see cref="SegmentationMetrics.Volumes"/> has it; null (the default) for a
    /// case that is none, and for a volume.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Volume { get; init; }

    /// <summary>
    /// How many slices were scored as one: 1 for a case, any number for a volume (<see cref="SegmentationMetrics.Volumes"/>).
    /// </summary>
    public int Slices { get; init; } = 1;

    /// <summary>Rows of the maps that were compared; of a volume, those of its first slice.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the maps that were compared; of a volume, those of its first slice.</summary>
    public required int Width { get; init; }

    /// <summary>The number of raters behind the true soft map.</summary>
    public required int Raters { get; init; }

    /// <summary>How many samples were compared with the raters' masks; 0 without samples.</summary>
    public int Samples { get; init; }

    /// <summary>How many masks were drawn from the soft map and compared with the raters' masks; 0 without any.</summary>
    public int DrawnMasks { get; init; }

    /// <summary>
    /// Soft Dice at the thresholds 0.1, 0.3, 0.5, 0.7, 0.9 (<see cref="SoftDice.FiveThresholds"/>), in [0, 1], higher is better.
    /// </summary>
    public required double SoftDice5 { get; init; }

    /// <summary>Soft Dice at the thresholds 0.1, 0.2, … 0.9 (<see cref="SoftDice.NineThresholds"/>), in [0, 1], higher is better.</summary>
    public required double SoftDice9 { get; init; }

    /// <summary>The thresholds of <see cref="DiceAtThresholds"/>: <see cref="EvaluationOptions.Thresholds"/>.</summary>
    public IReadOnlyList<float> Thresholds { get; init; } = SoftDice.NineThresholds;

    /// <summary>Dice at each of <see cref="Thresholds"/>, in that order, each in [0, 1].</summary>
    public required IReadOnlyList<double> DiceAtThresholds { get; init; }

    /// <summary>Soft Dice at <see cref="Thresholds"/>: the mean of <see cref="DiceAtThresholds"/>.</summary>
    public double MeanDiceAtThresholds => DiceAtThresholds.Average();

    /// <summary>F1 of the rounded maps, 2·TP / (2·TP + FP + FN), in [0, 1]; higher is better.</summary>
    public required double F1 { get; init; }

    /// <summary>
    /// Dice of the rounded map and the STAPLE estimate cut above one half (<see cref="Staple"/>), in [0, 1], higher is better. The
    /// CURVAS-PDACVI challenge calls it DSC, and gives 0 where both are empty; here it is 1.
    /// </summary>
    public double StapleDice { get; init; } = double.NaN;

    /// <summary>
    /// Dice of the rounded map and what all raters marked, over the pixels where all raters agree (CURVAS), in [0, 1], higher is better: a
    /// pixel where raters differ does not count. 1 where no pixel is marked by all and the map marks none that nobody marked.
    /// </summary>
    public double ConsensusDice { get; init; } = double.NaN;

    /// <summary>
    /// Mean confidence where all raters agree (CURVAS): half of the mean of p where all marked, plus the mean of 1 − p where nobody marked.
    /// In [0, 1], higher is better. NaN where there is no pixel of one of the two kinds.
    /// </summary>
    public double ConsensusConfidence { get; init; } = double.NaN;

    /// <summary>
    /// Mean over raters of the Dice of the rounded map and the rater's mask, 1 for two empty masks, in [0, 1], higher is better.
    /// <see cref="OfRaters"/> has it for each rater.
    /// </summary>
    public double RaterDice { get; init; } = double.NaN;

    /// <summary>The scores against the mask of each rater, in the order of the masks; empty where the masks are not known.</summary>
    public IReadOnlyList<RaterScore> OfRaters { get; init; } = [];

    /// <summary>
    /// Intersection over union of the rounded maps (Jaccard), TP / (TP + FP + FN), in [0, 1]; higher is better.
    /// </summary>
    public required double IntersectionOverUnion { get; init; }

    /// <summary>The smaller area of the rounded maps divided by the larger area, in [0, 1]; higher is better.</summary>
    public required double AreaRatio { get; init; }

    /// <summary>
    /// Boundary F of the rounded maps, averaged over tolerances of 1 to 5 pixels (Perazzi et al., CVPR 2016), in [0, 1]; higher is better.
    /// </summary>
    public required double BoundaryF { get; init; }

    /// <summary>
    /// Hausdorff distance at 95 % of the rounded maps (<see cref="SurfaceDistance.Hausdorff95"/>) in <see cref="DistanceUnit"/>, lower is
    /// better; NaN when just one map is empty.
    /// </summary>
    public double HausdorffDistance95 { get; init; } = double.NaN;

    /// <summary>
    /// Normalised surface Dice of the rounded maps at <see cref="SurfaceTolerance"/> (<see cref="SurfaceDistance.NormalizedDice"/>), in
    /// [0, 1], higher is better.
    /// </summary>
    public double NormalizedSurfaceDice { get; init; } = double.NaN;

    /// <summary>The tolerance of <see cref="NormalizedSurfaceDice"/>, in <see cref="DistanceUnit"/>.</summary>
    public double SurfaceTolerance { get; init; } = double.NaN;

    /// <summary>The unit of <see cref="HausdorffDistance95"/> and <see cref="SurfaceTolerance"/>.</summary>
    public DistanceUnit DistanceUnit { get; init; }

    /// <summary>
    /// Expected calibration error of the soft map (Guo et al., ICML 2017), with <see cref="EvaluationOptions.CalibrationBins"/> bins, in
    /// [0, 1]; lower is better.
    /// </summary>
    public double ExpectedCalibrationError { get; init; } = double.NaN;

    /// <summary>
    /// Adaptive calibration error ACE of the soft map (Nixon et al., CVPR workshops 2019): <see cref="ExpectedCalibrationError"/> with bins
    /// of as many pixels each, in [0, 1]; lower is better. Pixels of equal prediction count with their mean truth.
    /// </summary>
    public double AdaptiveCalibrationError { get; init; } = double.NaN;

    /// <summary>
    /// Mean over raters of the expected calibration error against the rater's mask (CURVAS), in [0, 1], lower is better. It is at least
    /// <see cref="ExpectedCalibrationError"/>, and even the raters' own soft map does not reach 0 where they differ.
    /// <see cref="OfRaters"/> has it for each rater.
    /// </summary>
    public double RaterCalibrationError { get; init; } = double.NaN;

    /// <summary>
    /// Brier score of the soft map: the mean over raters and pixels of (p − a)², where a is 1 if the rater marked the pixel, else 0. In
    /// [0, 1]; lower is better.
    /// </summary>
    public double BrierScore { get; init; } = double.NaN;

    /// <summary>
    /// The part of <see cref="BrierScore"/> that no map can avoid: the mean of y(1 − y), where y is the share of raters. In [0, 0.25]. It
    /// depends only on the raters.
    /// </summary>
    public double UnavoidableBrierScore { get; init; } = double.NaN;

    /// <summary>
    /// Area under the risk-coverage curve AURC over the pixels (Geifman et al., ICLR 2019), in [0, 1]; lower is better. The confidence of a
    /// pixel is max(p, 1 − p), and its risk the share of raters whose mark differs from the rounded map. The area is the mean over
    /// k = 1 … n of the mean risk of the k most confident of the n pixels.
    /// </summary>
    public double RiskCoverageArea { get; init; } = double.NaN;

    /// <summary>
    /// E-AURC, what is left of <see cref="RiskCoverageArea"/> after the area of the best order of the pixels, by their risk, is taken away.
    /// In [0, 1]; lower is better.
    /// </summary>
    public double ExcessRiskCoverageArea { get; init; } = double.NaN;

    /// <summary>
    /// The Dice that the soft map expects of its own outline, from the map alone (<see cref="Consensus.Imaging.Metrics.ExpectedDice"/>),
    /// in [0, 1]: a confidence for the whole map. <see cref="SegmentationMetrics.CaseRiskCoverage"/> says how well it finds wrong maps.
    /// </summary>
    public double ExpectedDice { get; init; } = double.NaN;

    /// <summary>
    /// Generalised energy distance of samples and raters (<see cref="SampleSetMetrics.GeneralizedEnergyDistance"/>), at
    /// least 0, lower is better.
    /// </summary>
    public double GeneralizedEnergyDistance { get; init; } = double.NaN;

    /// <summary>
    /// How the samples differ (<see cref="SampleSetMetrics.SampleDiversity"/>), in [0, 1]. Compare it with <see cref="RaterDiversity"/>.
    /// </summary>
    public double SampleDiversity { get; init; } = double.NaN;

    /// <summary>How the raters differ (<see cref="SampleSetMetrics.RaterDiversity"/>), in [0, 1]. It is NaN without samples too.</summary>
    public double RaterDiversity { get; init; } = double.NaN;

    /// <summary>
    /// The same energy distance of masks that were drawn from the soft map by how raters differ together (DrawRaterMasks) and the raters'
    /// masks; lower is better. Unlike the levels of agreement, drawn masks are such as raters might draw. NaN for volumes, whose slices are
    /// drawn independently.
    /// </summary>
    public double DrawnEnergyDistance { get; init; } = double.NaN;

    /// <summary>Mean 1 − IoU of two drawn masks, in [0, 1]; best near <see cref="RaterDiversity"/>.</summary>
    public double DrawnDiversity { get; init; } = double.NaN;

    /// <summary>Maximum Dice matching D_max (<see cref="SampleSetMetrics.MaximumDice"/>), in [0, 1], higher is better.</summary>
    public double MaximumDice { get; init; } = double.NaN;

    /// <summary>
    /// D_max reversed (<see cref="SampleSetMetrics.ReversedMaximumDice"/>): for each sample the most similar rater, in [0, 1], higher is
    /// better.
    /// </summary>
    public double ReversedMaximumDice { get; init; } = double.NaN;

    /// <summary>
    /// D_match (<see cref="SampleSetMetrics.MatchedDice"/>): Dice of samples and raters paired one to one, in [0, 1], higher is better.
    /// </summary>
    public double MatchedDice { get; init; } = double.NaN;

    /// <summary>Hungarian-matched IoU (<see cref="SampleSetMetrics.MatchedIntersectionOverUnion"/>), in [0, 1], higher is better.</summary>
    public double MatchedIntersectionOverUnion { get; init; } = double.NaN;

    /// <summary>Combined sensitivity S_c (<see cref="SampleSetMetrics.CombinedSensitivity"/>), in [0, 1], higher is better.</summary>
    public double CombinedSensitivity { get; init; } = double.NaN;

    /// <summary>Diversity agreement D_a (<see cref="SampleSetMetrics.DiversityAgreement"/>), in [0, 1], higher is better.</summary>
    public double DiversityAgreement { get; init; } = double.NaN;

    /// <summary>Collective insight CI (<see cref="SampleSetMetrics.CollectiveInsight"/>), in [0, 1], higher is better.</summary>
    public double CollectiveInsight { get; init; } = double.NaN;

    /// <summary>
    /// Normalised cross-correlation NCC (<see cref="SampleSetMetrics.NormalizedCrossCorrelation"/>), in [−1, 1], higher is better; NaN
    /// where all samples are equal.
    /// </summary>
    public double NormalizedCrossCorrelation { get; init; } = double.NaN;

    /// <summary>The expected area Σp: the sum of the soft map, in pixels of the maps that were compared.</summary>
    public double ExpectedArea { get; init; } = double.NaN;

    /// <summary>
    /// CRPS of <see cref="ExpectedArea"/> x and the raters' areas a, as they are: mean |a − x| − ½ mean |a − a′|, over the raters and over
    /// all pairs of raters. In pixels, at least 0, lower is better.
    /// </summary>
    public double AreaRankedProbability { get; init; } = double.NaN;

    /// <summary>
    /// CRPS of <see cref="ExpectedArea"/> x and the normal distribution that has the mean μ and the standard deviation σ of the raters'
    /// areas, as in the CURVAS challenges: ∫ (Φ((y − μ)/σ) − 1{y ≥ x})² dy. In pixels, at least 0, lower is better. The integral is over
    /// the whole line, unless <see cref="EvaluationOptions.AreaDeviations"/> says otherwise.
    /// </summary>
    public double NormalAreaRankedProbability { get; init; } = double.NaN;

    /// <summary>Mean area of the samples, in pixels of the maps that were compared.</summary>
    public double MeanSampleArea { get; init; } = double.NaN;

    /// <summary>
    /// Mean area of the raters' masks, in pixels of the maps that were compared. Compare it with <see cref="ExpectedArea"/>.
    /// </summary>
    public double MeanRaterArea { get; init; } = double.NaN;

    /// <summary>
    /// Relative error of the samples' mean area (<see cref="SampleSetMetrics.AreaError"/>); above 0 where they are too large, best at 0.
    /// </summary>
    public double AreaError { get; init; } = double.NaN;

    /// <summary>
    /// Distance between the samples' areas and the raters' (<see cref="SampleSetMetrics.AreaDistance"/>), at least 0, lower is better.
    /// </summary>
    public double AreaDistance { get; init; } = double.NaN;

    /// <summary>
    /// Spearman's rank correlation of uncertainty and error over the pixels, in [−1, 1]; higher is better. NaN if one of them is constant.
    /// </summary>
    public double UncertaintyErrorCorrelation { get; init; } = double.NaN;

    /// <summary>
    /// What one rater reaches against the soft map of all raters (<see cref="RaterYardsticks.OneAgainstAll"/>), in [0, 1]. Like the other
    /// yardsticks, it depends only on the raters, and is on the scale of <see cref="SoftDice5"/>.
    /// </summary>
    public double OneAgainstAll { get; init; } = double.NaN;

    /// <summary>What one rater reaches against the others (<see cref="RaterYardsticks.OneAgainstOthers"/>); NaN for one rater.</summary>
    public double OneAgainstOthers { get; init; } = double.NaN;

    /// <summary>What a second panel reaches (<see cref="RaterYardsticks.HalfAgainstHalf"/>); NaN for one rater.</summary>
    public double HalfAgainstHalf { get; init; } = double.NaN;

    /// <summary>What the majority's outline reaches (<see cref="RaterYardsticks.MajorityAgainstAll"/>).</summary>
    public double MajorityAgainstAll { get; init; } = double.NaN;

    /// <summary>
    /// Soft Dice (5 thresholds) at the size of the raters' masks, in [0, 1]: the map is brought back to that size as RestoreSlices does,
    /// and compared with the masks as they were drawn. Equals <see cref="SoftDice5"/> where the scored map has that size. NaN for volumes,
    /// and for scores that <c>Compute</c> gives, which knows one size.
    /// </summary>
    public double NativeSoftDice5 { get; init; } = double.NaN;

    /// <summary>The same at nine thresholds, 0.1, 0.2, … 0.9.</summary>
    public double NativeSoftDice9 { get; init; } = double.NaN;

    /// <summary>
    /// What resizing to the model's size and back leaves of the raters' own soft map, in [0, 1], on the scale of
    /// <see cref="NativeSoftDice5"/> (<see cref="Consensus.Imaging.Metrics.ResizingCeiling"/>). A model of this size cannot do much better
    /// than that. NaN for volumes, and where the model's size is not known.
    /// </summary>
    public double ResizingCeiling { get; init; } = double.NaN;

    /// <summary>Scores a predicted soft map against the raters' masks, together with its samples and its uncertainty.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="prediction">Predicted soft map, row by row, in [0, 1].</param>
    /// <param name="masks">The raters' masks, of the map's height and width.</param>
    /// <param name="samples">Sampled masks of the same size, in any number; null for none.</param>
    /// <param name="uncertainty">Uncertainty of the soft map, row by row; empty for none.</param>
    /// <param name="geometry">The geometry of the maps, which gives their spacing in millimetres; null for distances in pixels.</param>
    /// <param name="options">Thresholds, tolerance and bins; null for the defaults.</param>
    /// <param name="raterNames">The name of each mask's rater; null to number them from 1.</param>
    /// <param name="drawnMasks">Masks of the same size that were drawn from the soft map, in any number; null for none.</param>
    /// <exception cref="ArgumentException">
    /// The size of a map or of the samples differs from that of the masks, there are more or fewer names than masks, or an option is out of
    /// range.
    /// </exception>
    public static CaseMetrics Compute(
        string name,
        ReadOnlySpan<float> prediction,
        RaterMasks masks,
        RaterMasks? samples = null,
        ReadOnlySpan<float> uncertainty = default,
        SliceGeometry? geometry = null,
        EvaluationOptions? options = null,
        IReadOnlyList<string>? raterNames = null,
        RaterMasks? drawnMasks = null)
    {
        ArgumentNullException.ThrowIfNull(masks);
        options ??= new();
        if (raterNames is not null && CaseAgreement.ProblemWith(raterNames, masks.Raters) is { } problem)
        {
            throw new ArgumentException($"There are {problem}.", nameof(raterNames));
        }

        CaseMetrics scores = Compute(
            name, prediction, masks, samples is null ? null : new BinaryMasks(Checked(samples, masks)), uncertainty, geometry, options,
            raterNames, hasOutline: true);
        if (drawnMasks is null)
        {
            return scores;
        }

        var raters = new BinaryMasks(masks);
        (double distance, double diversity) =
            SampleSetMetrics.Energy(new BinaryMasks(Checked(drawnMasks, masks)), raters, options.EnergyDistance);
        return scores with { DrawnMasks = drawnMasks.Raters, DrawnEnergyDistance = distance, DrawnDiversity = diversity };
    }

    /// <summary>
    /// Scores pixels, wherever they lie: those of all slices of a volume. The measures of outlines are NaN.
    /// </summary>
    internal static CaseMetrics OfPixels(
        string name,
        float[] prediction,
        RaterMasks masks,
        BinaryMasks? samples,
        float[] uncertainty,
        EvaluationOptions options,
        IReadOnlyList<string> raterNames) =>
        Compute(name, prediction, masks, samples, uncertainty, null, options, raterNames, hasOutline: false);

    /// <summary>The same scores as those of a volume, without those that are of slices: outlines, drawn masks, native size.</summary>
    internal CaseMetrics AsVolume(string name, int slices) => this with
    {
        Name = name,
        Volume = null,
        Slices = slices,
        BoundaryF = double.NaN,
        HausdorffDistance95 = double.NaN,
        NormalizedSurfaceDice = double.NaN,
        DrawnMasks = 0,
        DrawnEnergyDistance = double.NaN,
        DrawnDiversity = double.NaN,
        NativeSoftDice5 = double.NaN,
        NativeSoftDice9 = double.NaN,
        ResizingCeiling = double.NaN,
    };

    private static RaterMasks Checked(RaterMasks samples, RaterMasks masks) =>
        samples.Height == masks.Height && samples.Width == masks.Width
            ? samples
            : throw new ArgumentException(
                $"The samples are {samples.Height}×{samples.Width} and the raters' masks "
                + $"{masks.Height}×{masks.Width}; they must be of one size.");

    private static CaseMetrics Compute(
        string name,
        ReadOnlySpan<float> prediction,
        RaterMasks masks,
        BinaryMasks? samples,
        ReadOnlySpan<float> uncertainty,
        SliceGeometry? geometry,
        EvaluationOptions options,
        IReadOnlyList<string>? raterNames,
        bool hasOutline)
    {
        float[] truth = ConsensusLabels.SoftMap(masks);
        var patterns = new DecisionPatterns(masks);
        var people = RaterYardsticks.FromPatterns(patterns);
        CaseMetrics scores = ScoreMaps(
            name, prediction, truth, masks.Height, masks.Width, masks.Raters, geometry, options, hasOutline);
        RaterScore[] ofRaters = RaterScore.OfEach(prediction, masks, raterNames, options.CalibrationBins);
        double[] areas = [.. Enumerable.Range(0, masks.Raters).Select(rater => (double)masks.Rater(rater).Count((byte)1))];
        scores = scores with
        {
            StapleDice = RoundedMaps.F1(prediction, patterns.Spread(Staple.Estimate(patterns, new StapleOptions()).Truth)),
            OfRaters = Array.AsReadOnly(ofRaters),
            RaterDice = ofRaters.Average(one => one.Dice),
            RaterCalibrationError = ofRaters.Average(one => one.CalibrationError),
            AreaRankedProbability = RankedProbability.OfSteps(areas, scores.ExpectedArea),
            NormalAreaRankedProbability =
                RankedProbability.OfNormal(areas, scores.ExpectedArea, options.AreaDeviations ?? double.PositiveInfinity),
            OneAgainstAll = people.OneAgainstAll,
            OneAgainstOthers = people.OneAgainstOthers,
            HalfAgainstHalf = people.HalfAgainstHalf,
            MajorityAgainstAll = people.MajorityAgainstAll,
        };
        if (!uncertainty.IsEmpty)
        {
            scores = scores with { UncertaintyErrorCorrelation = Calibration.UncertaintyErrorCorrelation(uncertainty, prediction, truth) };
        }

        if (samples is null)
        {
            return scores;
        }

        SampleSetMetrics set = SampleSetMetrics.Compute(samples, new BinaryMasks(masks), options.EnergyDistance);
        return scores with
        {
            Samples = samples.Count,
            GeneralizedEnergyDistance = set.GeneralizedEnergyDistance,
            SampleDiversity = set.SampleDiversity,
            RaterDiversity = set.RaterDiversity,
            MaximumDice = set.MaximumDice,
            ReversedMaximumDice = set.ReversedMaximumDice,
            MatchedDice = set.MatchedDice,
            MatchedIntersectionOverUnion = set.MatchedIntersectionOverUnion,
            CombinedSensitivity = set.CombinedSensitivity,
            DiversityAgreement = set.DiversityAgreement,
            CollectiveInsight = set.CollectiveInsight,
            NormalizedCrossCorrelation = set.NormalizedCrossCorrelation,
            MeanSampleArea = set.MeanSampleArea,
            AreaError = set.AreaError,
            AreaDistance = set.AreaDistance,
        };
    }

    /// <summary>
    /// Scores a predicted soft map against the true soft map. Scores that need the masks of single raters are NaN. Distances are in pixels.
    /// </summary>
    /// <param name="name">The case's name.</param>
    /// <param name="prediction">Predicted soft map, row by row, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, row by row, in [0, 1].</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="raters">The number of raters behind <paramref name="truth"/>, at least 1.</param>
    /// <exception cref="ArgumentException">A map does not have height × width values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension or the number of raters is below 1.</exception>
    public static CaseMetrics Compute(
        string name,
        ReadOnlySpan<float> prediction,
        ReadOnlySpan<float> truth,
        int height,
        int width,
        int raters) =>
        ScoreMaps(name, prediction, truth, height, width, raters, null, new());

    private static CaseMetrics ScoreMaps(
        string name,
        ReadOnlySpan<float> prediction,
        ReadOnlySpan<float> truth,
        int height,
        int width,
        int raters,
        SliceGeometry? geometry,
        EvaluationOptions options,
        bool hasOutline = true)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(raters, 1);
        options.Check();
        double boundary = hasOutline ? BoundaryScore.Mean(prediction, truth, height, width) : double.NaN;
        (double rows, double columns) = geometry is null ? (1, 1) : (geometry.SpacingRows, geometry.SpacingColumns);
        double tolerance = options.SurfaceTolerance ?? Math.Max(rows, columns);
        RiskCoverage risk = RiskCoverage.Compute(prediction, truth);
        SurfaceDistance.OutlineDistances? outlines =
            hasOutline ? SurfaceDistance.OutlineDistances.Between(prediction, truth, height, width, rows, columns) : null;
        return new()
        {
            Name = name,
            Height = height,
            Width = width,
            Raters = raters,
            SoftDice5 = SoftDice.Mean(prediction, truth, SoftDice.FiveThresholds),
            SoftDice9 = SoftDice.Mean(prediction, truth, SoftDice.NineThresholds),
            Thresholds = options.Thresholds,
            DiceAtThresholds = Array.AsReadOnly(SoftDice.AtEach(prediction, truth, options.Thresholds)),
            F1 = RoundedMaps.F1(prediction, truth),
            IntersectionOverUnion = RoundedMaps.IntersectionOverUnion(prediction, truth),
            AreaRatio = RoundedMaps.AreaRatio(prediction, truth),
            BoundaryF = boundary,
            HausdorffDistance95 = outlines?.Hausdorff(0.95) ?? double.NaN,
            NormalizedSurfaceDice = outlines?.Within(tolerance) ?? double.NaN,
            SurfaceTolerance = tolerance,
            DistanceUnit = geometry is null ? DistanceUnit.Pixels : DistanceUnit.Millimeters,
            ConsensusDice = ConsensusRegions.Dice(prediction, truth),
            ConsensusConfidence = ConsensusRegions.Confidence(prediction, truth),
            ExpectedCalibrationError = Calibration.ExpectedError(prediction, truth, options.CalibrationBins),
            AdaptiveCalibrationError = Calibration.AdaptiveError(prediction, truth, options.CalibrationBins),
            BrierScore = Calibration.BrierScore(prediction, truth),
            UnavoidableBrierScore = Calibration.UnavoidableBrierScore(truth),
            RiskCoverageArea = risk.Area,
            ExcessRiskCoverageArea = risk.Excess,
            ExpectedDice = Consensus.Imaging.Metrics.ExpectedDice.Compute(prediction),
            ExpectedArea = Sum(prediction),
            MeanRaterArea = Sum(truth),
        };
    }

    private static double Sum(ReadOnlySpan<float> map)
    {
        double sum = 0;
        foreach (float value in map)
        {
            sum += value;
        }

        return sum;
    }
}
