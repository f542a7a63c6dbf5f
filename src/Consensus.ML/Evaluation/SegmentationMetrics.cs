using System.Globalization;
using Consensus.Imaging.Metrics;
using Microsoft.Data.Analysis;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Scores of predictions against several raters, for each case and averaged over cases, with bootstrap confidence intervals. A mean leaves
/// out the cases where its value is NaN, and is NaN where no case is left. <see cref="Summary"/> says how many remain.
/// </summary>
public sealed class SegmentationMetrics
{
    private readonly Dictionary<SegmentationMeasure, MeasureSummary> _summaries;

    // The group of each case. A case that is a group by itself has its number here, which differs from the name of every group.
    private readonly string[] _groups;

    /// <summary>Averages the scores of <paramref name="cases"/>.</summary>
    /// <param name="cases">One entry for each case, at least one, in the order of the results.</param>
    /// <param name="options">The options for confidence intervals; null for the defaults.</param>
    /// <param name="volumes">
    /// One entry for each volume of several slices (<see cref="CaseMetrics.Volume"/>); null or empty if there is none. The entry of a
    /// volume of a single slice may be missing: its scores are those of the slice.
    /// </param>
    /// <exception cref="ArgumentException">There is no case, two cases have different thresholds, or an option is out of range.</exception>
    public SegmentationMetrics(
        IEnumerable<CaseMetrics> cases, EvaluationOptions? options = null, IEnumerable<CaseMetrics>? volumes = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        options ??= new();
        options.Check();
        CaseMetrics[] all = [.. cases];
        if (all.Length == 0)
        {
            throw new ArgumentException("There is no case to average over.", nameof(cases));
        }

        if (all.FirstOrDefault(one => !one.Thresholds.SequenceEqual(all[0].Thresholds)) is { } other)
        {
            throw new ArgumentException(
                $"Cases '{all[0].Name}' and '{other.Name}' were scored at different thresholds; they cannot be averaged.", nameof(cases));
        }

        CaseMetrics[] together = WithSingleSlices([.. volumes ?? []], all);
        Volumes = together.Length == 0 ? null : new(together, options);
        Cases = Array.AsReadOnly(all);
        _groups = GroupNames.OfCases(all.Select(one => one.Group));
        Groups = _groups.Distinct(StringComparer.Ordinal).Count();
        Thresholds = all[0].Thresholds;
        DiceAtThresholds = Array.AsReadOnly(
            [.. Enumerable.Range(0, Thresholds.Count).Select(i => all.Average(one => one.DiceAtThresholds[i]))]);
        DistanceUnit = all.Max(one => one.DistanceUnit);
        Raters = RaterScoreSummary.OfEach(all.SelectMany(one => one.OfRaters));
        CaseRiskCoverage = CaseRiskCoverage.Compute(
            Array.ConvertAll(all, one => one.ExpectedDice), Array.ConvertAll(all, one => one.SoftDice5));
        Summaries = Array.AsReadOnly([.. SegmentationMeasure.All.Select(measure => Summarise(measure, options))]);
        _summaries = Summaries.ToDictionary(summary => summary.Measure);
        Yardsticks = new(
            Yardstick(nameof(CaseMetrics.OneAgainstAll)), Yardstick(nameof(CaseMetrics.OneAgainstOthers)),
            Yardstick(nameof(CaseMetrics.HalfAgainstHalf)), Yardstick(nameof(CaseMetrics.MajorityAgainstAll)));

        Yardstick Yardstick(string measure)
        {
            MeasureSummary summary = _summaries[SegmentationMeasure.ByName(measure)];
            return new(summary.Mean, summary.Interval);
        }
    }

    /// <summary>
    /// Soft Dice at the thresholds 0.1, 0.3, 0.5, 0.7, 0.9, mean over cases: the score of the paper's tables (there ×100).
    /// </summary>
    public double SoftDice5 => Mean(nameof(SoftDice5));

    /// <summary>Soft Dice at the thresholds 0.1, 0.2, … 0.9, mean over cases.</summary>
    public double SoftDice9 => Mean(nameof(SoftDice9));

    /// <summary>
    /// The thresholds of <see cref="DiceAtThresholds"/>: <see cref="EvaluationOptions.Thresholds"/>, 0.1, 0.2, … 0.9 by default.
    /// </summary>
    public IReadOnlyList<float> Thresholds { get; }

    /// <summary>Dice at each of <see cref="Thresholds"/>, mean over cases.</summary>
    public IReadOnlyList<double> DiceAtThresholds { get; }

    /// <summary>Soft Dice at <see cref="Thresholds"/>, mean over cases.</summary>
    public double MeanDiceAtThresholds => Mean(nameof(MeanDiceAtThresholds));

    /// <summary>F1 of the rounded maps, mean over cases.</summary>
    public double F1 => Mean(nameof(F1));

    /// <summary>Dice of the rounded map and the STAPLE estimate, mean over cases.</summary>
    public double StapleDice => Mean(nameof(StapleDice));

    /// <summary>Dice of the rounded map where all raters agree, mean over cases.</summary>
    public double ConsensusDice => Mean(nameof(ConsensusDice));

    /// <summary>Confidence of the soft map where all raters agree, mean over the cases that have pixels of both kinds.</summary>
    public double ConsensusConfidence => Mean(nameof(ConsensusConfidence));

    /// <summary>Dice of the rounded map and one rater's mask, mean over raters, then over cases.</summary>
    public double RaterDice => Mean(nameof(RaterDice));

    /// <summary>Intersection over union of the rounded maps, mean over cases.</summary>
    public double IntersectionOverUnion => Mean(nameof(IntersectionOverUnion));

    /// <summary>Smaller over larger area of the rounded maps, mean over cases.</summary>
    public double AreaRatio => Mean(nameof(AreaRatio));

    /// <summary>Boundary F of the rounded maps over tolerances of 1 to 5 pixels, mean over cases.</summary>
    public double BoundaryF => Mean(nameof(BoundaryF));

    /// <summary>
    /// Hausdorff distance at 95 % of the rounded maps in <see cref="DistanceUnit"/>, mean over the cases that are measured in it.
    /// </summary>
    public double HausdorffDistance95 => Mean(nameof(HausdorffDistance95));

    /// <summary>Normalised surface Dice of the rounded maps, mean over cases.</summary>
    public double NormalizedSurfaceDice => Mean(nameof(NormalizedSurfaceDice));

    /// <summary>
    /// The unit of <see cref="HausdorffDistance95"/>: millimetres if the size of the pixels is known for any case. Cases of unknown pixel
    /// size are then left out of its mean.
    /// </summary>
    public DistanceUnit DistanceUnit { get; }

    /// <summary>Expected calibration error of the soft map, mean over cases.</summary>
    public double ExpectedCalibrationError => Mean(nameof(ExpectedCalibrationError));

    /// <summary>Adaptive calibration error of the soft map, mean over cases.</summary>
    public double AdaptiveCalibrationError => Mean(nameof(AdaptiveCalibrationError));

    /// <summary>Expected calibration error against one rater, mean over raters, then over cases.</summary>
    public double RaterCalibrationError => Mean(nameof(RaterCalibrationError));

    /// <summary>Brier score of the soft map, mean over cases.</summary>
    public double BrierScore => Mean(nameof(BrierScore));

    /// <summary>The part of the Brier score that no map can avoid, mean over cases.</summary>
    public double UnavoidableBrierScore => Mean(nameof(UnavoidableBrierScore));

    /// <summary>Area under the risk-coverage curve over pixels (AURC), mean over cases.</summary>
    public double RiskCoverageArea => Mean(nameof(RiskCoverageArea));

    /// <summary>Excess area under the risk-coverage curve over pixels (E-AURC), mean over cases.</summary>
    public double ExcessRiskCoverageArea => Mean(nameof(ExcessRiskCoverageArea));

    /// <summary>The Dice that each soft map expects of its own outline, mean over cases.</summary>
    public double ExpectedDice => Mean(nameof(ExpectedDice));

    /// <summary>
    /// Whether the maps say by themselves which of them are wrong: AURC over cases, in the order of their expected Dice.
    /// </summary>
    public CaseRiskCoverage CaseRiskCoverage { get; }

    /// <summary>Generalised energy distance of samples and raters, mean over cases.</summary>
    public double GeneralizedEnergyDistance => Mean(nameof(GeneralizedEnergyDistance));

    /// <summary>How the samples differ, mean over cases.</summary>
    public double SampleDiversity => Mean(nameof(SampleDiversity));

    /// <summary>How the raters differ, mean over the cases that have samples.</summary>
    public double RaterDiversity => Mean(nameof(RaterDiversity));

    /// <summary>Energy distance of drawn masks and raters (<see cref="CaseMetrics.DrawnEnergyDistance"/>), mean over cases.</summary>
    public double DrawnEnergyDistance => Mean(nameof(DrawnEnergyDistance));

    /// <summary>How drawn masks differ, mean over cases.</summary>
    public double DrawnDiversity => Mean(nameof(DrawnDiversity));

    /// <summary>Maximum Dice matching D_max, mean over cases.</summary>
    public double MaximumDice => Mean(nameof(MaximumDice));

    /// <summary>D_max reversed, mean over cases.</summary>
    public double ReversedMaximumDice => Mean(nameof(ReversedMaximumDice));

    /// <summary>D_match of samples and raters, mean over cases.</summary>
    public double MatchedDice => Mean(nameof(MatchedDice));

    /// <summary>Hungarian-matched IoU of samples and raters, mean over cases.</summary>
    public double MatchedIntersectionOverUnion => Mean(nameof(MatchedIntersectionOverUnion));

    /// <summary>Combined sensitivity S_c, mean over cases.</summary>
    public double CombinedSensitivity => Mean(nameof(CombinedSensitivity));

    /// <summary>Diversity agreement D_a, mean over cases.</summary>
    public double DiversityAgreement => Mean(nameof(DiversityAgreement));

    /// <summary>Collective insight CI, mean over cases (of each case's CI, not of the means of its parts).</summary>
    public double CollectiveInsight => Mean(nameof(CollectiveInsight));

    /// <summary>Normalised cross-correlation of the samples' variety and the errors, mean over cases.</summary>
    public double NormalizedCrossCorrelation => Mean(nameof(NormalizedCrossCorrelation));

    /// <summary>The expected area Σp in pixels, mean over cases.</summary>
    public double ExpectedArea => Mean(nameof(ExpectedArea));

    /// <summary>CRPS of the expected area and the raters' areas in pixels, mean over cases.</summary>
    public double AreaRankedProbability => Mean(nameof(AreaRankedProbability));

    /// <summary>CRPS of the expected area and a normal distribution of the raters' areas in pixels, mean over cases.</summary>
    public double NormalAreaRankedProbability => Mean(nameof(NormalAreaRankedProbability));

    /// <summary>Mean area of the samples in pixels, mean over cases.</summary>
    public double MeanSampleArea => Mean(nameof(MeanSampleArea));

    /// <summary>Mean area of the raters' masks in pixels, mean over cases.</summary>
    public double MeanRaterArea => Mean(nameof(MeanRaterArea));

    /// <summary>Relative error of the samples' mean area, mean over cases.</summary>
    public double AreaError => Mean(nameof(AreaError));

    /// <summary>Distance between the samples' areas and the raters', relative to the raters' mean area, mean over cases.</summary>
    public double AreaDistance => Mean(nameof(AreaDistance));

    /// <summary>Rank correlation over pixels of uncertainty and error, mean over cases.</summary>
    public double UncertaintyErrorCorrelation => Mean(nameof(UncertaintyErrorCorrelation));

    /// <summary>Soft Dice (5 thresholds) of one rater against the soft map of all raters, mean over cases.</summary>
    public double OneAgainstAll => Mean(nameof(OneAgainstAll));

    /// <summary>Soft Dice (5 thresholds) of one rater against the soft map of the others, mean over cases.</summary>
    public double OneAgainstOthers => Mean(nameof(OneAgainstOthers));

    /// <summary>Soft Dice (5 thresholds) of half of the raters against the other half, a second panel, mean over cases.</summary>
    public double HalfAgainstHalf => Mean(nameof(HalfAgainstHalf));

    /// <summary>Soft Dice (5 thresholds) of the majority's outline against the soft map of all raters, mean over cases.</summary>
    public double MajorityAgainstAll => Mean(nameof(MajorityAgainstAll));

    /// <summary>Soft Dice (5 thresholds) at the size of the raters' masks, mean over cases.</summary>
    public double NativeSoftDice5 => Mean(nameof(NativeSoftDice5));

    /// <summary>Soft Dice (9 thresholds) at the size of the raters' masks, mean over cases.</summary>
    public double NativeSoftDice9 => Mean(nameof(NativeSoftDice9));

    /// <summary>
    /// What resizing to the model's size and back leaves of the raters' own soft map, on the scale of <see cref="NativeSoftDice5"/>, mean
    /// over cases.
    /// </summary>
    public double ResizingCeiling => Mean(nameof(ResizingCeiling));

    /// <summary>
    /// How well people predict the same soft maps, at the size at which the cases were scored: a scale for <see cref="SoftDice5"/>.
    /// <c>metrics.Yardsticks.Place(metrics.SoftDice5)</c> says in words where the score lies.
    /// </summary>
    public HumanYardsticks Yardsticks { get; }

    /// <summary>
    /// The number of groups (patients, volumes) of the cases. Equals the number of cases if each case is a group by itself. Confidence
    /// intervals resample groups.
    /// </summary>
    public int Groups { get; }

    /// <summary>
    /// The scores against each rater, mean over the cases that the rater drew, in the natural order of the raters' names; empty where the
    /// masks are not known.
    /// </summary>
    public IReadOnlyList<RaterScoreSummary> Raters { get; }

    /// <summary>
    /// The same over volumes: the pixels of all slices of a volume that the data has count together, as readers expect of scans. Null if no
    /// two cases are slices of one volume. In the means over cases, every slice counts the same; here, one with a large structure counts
    /// more. Areas are in voxels. The measures of outlines are of slices, and are NaN here.
    /// </summary>
    public SegmentationMetrics? Volumes { get; }

    /// <summary>The scores of each case, in the order of the data.</summary>
    public IReadOnlyList<CaseMetrics> Cases { get; }

    /// <summary>
    /// Mean, confidence interval and number of cases of every measure, in the order of <see cref="SegmentationMeasure.All"/>.
    /// </summary>
    public IReadOnlyList<MeasureSummary> Summaries { get; }

    /// <summary>Mean, confidence interval and number of cases of one measure.</summary>
    /// <param name="measure">The measure, such as <c>SegmentationMeasure.ByName("SoftDice5")</c>.</param>
    public MeasureSummary Summary(SegmentationMeasure measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        return _summaries[measure];
    }

    /// <summary>
    /// The scores as a table, one row for each case: Case (text), Group (text; the case's name where the case is a group by itself),
    /// Height, Width, Raters, Samples (whole numbers), SoftDice5, SoftDice9, a column for each threshold (DiceAt0.1 … DiceAt0.9), every
    /// other measure by its name in the order of <see cref="SegmentationMeasure.All"/>, SurfaceTolerance and DistanceUnit (text: mm or px).
    /// A value that a case does not have is NaN.
    /// </summary>
    public DataFrame ToDataFrame()
    {
        var frame = new DataFrame(
            new StringDataFrameColumn("Case", Cases.Select(one => one.Name)),
            new StringDataFrameColumn("Group", Cases.Select(one => one.Group ?? one.Name)),
            new Int32DataFrameColumn("Height", Cases.Select(one => one.Height)),
            new Int32DataFrameColumn("Width", Cases.Select(one => one.Width)),
            new Int32DataFrameColumn("Raters", Cases.Select(one => one.Raters)),
            new Int32DataFrameColumn("Samples", Cases.Select(one => one.Samples)),
            Column("SoftDice5", one => one.SoftDice5),
            Column("SoftDice9", one => one.SoftDice9));
        for (int i = 0; i < Thresholds.Count; i++)
        {
            int threshold = i;
            frame.Columns.Add(Column(
                $"DiceAt{Thresholds[i].ToString("0.0######", CultureInfo.InvariantCulture)}", one => one.DiceAtThresholds[threshold]));
        }

        foreach (SegmentationMeasure measure in SegmentationMeasure.All.Skip(2))
        {
            frame.Columns.Add(Column(measure.Name, measure.ValueOf));
        }

        frame.Columns.Add(Column("SurfaceTolerance", one => one.SurfaceTolerance));
        frame.Columns.Add(new StringDataFrameColumn(
            "DistanceUnit", Cases.Select(one => one.DistanceUnit == Consensus.Imaging.Metrics.DistanceUnit.Millimeters ? "mm" : "px")));
        return frame;
    }

    /// <summary>
    /// The volumes, with those of a single slice, in the order of their first cases. Whoever scores volumes one by one cannot know whether
    /// others have several slices, so that those of one count too.
    /// </summary>
    private static CaseMetrics[] WithSingleSlices(CaseMetrics[] volumes, CaseMetrics[] cases)
    {
        HashSet<string> named = [.. volumes.Select(volume => volume.Name)];
        var slices = cases.Select((one, row) => (one, row)).Where(slice => slice.one.Volume is not null)
            .GroupBy(slice => slice.one.Volume!, StringComparer.Ordinal)
            .ToDictionary(volume => volume.Key, volume => volume.ToArray());
        CaseMetrics[] single = volumes.Length == 0
            ? []
            :
            [
                .. slices.Where(volume => volume.Value.Length == 1 && !named.Contains(volume.Key))
                    .Select(volume => volume.Value[0].one.AsVolume(volume.Key, 1)),
            ];
        return single.Length == 0
            ? volumes
            : [.. volumes.Concat(single).OrderBy(volume => slices.TryGetValue(volume.Name, out var own) ? own[0].row : int.MaxValue)];
    }

    private double Mean(string measure) => _summaries[SegmentationMeasure.ByName(measure)].Mean;

    private MeasureSummary Summarise(SegmentationMeasure measure, EvaluationOptions options)
    {
        string?[] reasons = [.. Cases.Select(one => WhyLeftOut(measure, one, options))];
        int[] with = [.. Enumerable.Range(0, Cases.Count).Where(i => reasons[i] is null)];
        double[] values = Array.ConvertAll(with, i => measure.ValueOf(Cases[i]));
        string[] groups = Array.ConvertAll(with, i => _groups[i]);
        return new(
            measure,
            values.Length == 0 ? double.NaN : values.Average(),
            Bootstrap.OfMean(values, groups, options.Confidence, options.BootstrapResamples, options.Seed),
            values.Length)
        {
            Groups = groups.Distinct(StringComparer.Ordinal).Count(),
            LeftOut = [.. reasons.OfType<string>().CountBy(reason => reason).Select(reason => new LeftOutCases(reason.Key, reason.Value))],
        };
    }

    /// <summary>The reason why a case is left out of the mean of a measure; null where the case counts.</summary>
    private string? WhyLeftOut(SegmentationMeasure measure, CaseMetrics one, EvaluationOptions options)
    {
        // A mean over millimetres and pixels has no meaning. The same holds for a surface Dice with tolerances in both units.
        bool isLength = measure.Name == nameof(CaseMetrics.HausdorffDistance95)
            || (measure.Name == nameof(CaseMetrics.NormalizedSurfaceDice) && options.SurfaceTolerance is not null);
        return (isLength && one.DistanceUnit != DistanceUnit, double.IsNaN(measure.ValueOf(one))) switch
        {
            (true, _) => "its file does not say how large a pixel is",
            (_, false) => null,
            _ => measure.Name switch
            {
                nameof(CaseMetrics.BoundaryF) or nameof(CaseMetrics.HausdorffDistance95) or nameof(CaseMetrics.NormalizedSurfaceDice)
                    when double.IsNaN(one.BoundaryF) => "outlines are measured slice by slice",
                nameof(CaseMetrics.NativeSoftDice5) or nameof(CaseMetrics.NativeSoftDice9) or nameof(CaseMetrics.ResizingCeiling)
                    when double.IsNaN(one.BoundaryF) => "the size of the masks is compared slice by slice",
                nameof(CaseMetrics.DrawnEnergyDistance) or nameof(CaseMetrics.DrawnDiversity)
                    when double.IsNaN(one.BoundaryF) => "masks are drawn slice by slice",
                nameof(CaseMetrics.HausdorffDistance95) => "one of the two maps is empty",
                nameof(CaseMetrics.UncertaintyErrorCorrelation) =>
                    "it has no uncertainty, or its uncertainty or its error is the same everywhere",
                nameof(CaseMetrics.OneAgainstOthers) or nameof(CaseMetrics.HalfAgainstHalf) when one.Raters == 1 => "it has one rater",
                nameof(CaseMetrics.ConsensusConfidence) => "there is no pixel that all raters marked, or none that nobody marked",
                nameof(CaseMetrics.StapleDice) or nameof(CaseMetrics.RaterDice) or nameof(CaseMetrics.RaterCalibrationError)
                    or nameof(CaseMetrics.AreaRankedProbability) or nameof(CaseMetrics.NormalAreaRankedProbability)
                    when one.OfRaters.Count == 0 => "the masks of its raters are not known",
                nameof(CaseMetrics.NormalizedCrossCorrelation) when one.Samples > 0 => "all its samples are equal",
                nameof(CaseMetrics.GeneralizedEnergyDistance) or nameof(CaseMetrics.SampleDiversity)
                    or nameof(CaseMetrics.RaterDiversity) when one.Samples > 0 => "it has one sample or one rater, and so no pair",
                nameof(CaseMetrics.DrawnEnergyDistance) or nameof(CaseMetrics.DrawnDiversity) => one.DrawnMasks > 0
                    ? "it has one drawn mask or one rater, and so no pair"
                    : "it has no drawn masks",
                nameof(CaseMetrics.NativeSoftDice5) or nameof(CaseMetrics.NativeSoftDice9) => "it was not compared at its masks' own size",
                nameof(CaseMetrics.ResizingCeiling) => "the size of the model is not known",
                _ => one.Samples == 0 ? "it has no samples" : "the measure is not defined for its masks",
            },
        };
    }

    private DoubleDataFrameColumn Column(string name, Func<CaseMetrics, double> value) => new(name, Cases.Select(value));
}
