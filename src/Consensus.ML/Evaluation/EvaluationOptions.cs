using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Options for scoring predictions: the thresholds, tolerance and bins of the measures, and the confidence intervals of their means.
/// </summary>
public sealed record EvaluationOptions
{
    /// <summary>
    /// The thresholds of both soft maps for <see cref="CaseMetrics.DiceAtThresholds"/>, each in (0, 1]. At least one is needed, and none
    /// may occur twice. Default 0.1, 0.2, … 0.9. The main scores <see cref="CaseMetrics.SoftDice5"/> and
    /// <see cref="CaseMetrics.SoftDice9"/> keep their own thresholds.
    /// </summary>
    public IReadOnlyList<float> Thresholds { get; init; } = SoftDice.NineThresholds;

    /// <summary>
    /// The largest distance at which two outlines still agree (<see cref="SurfaceDistance.NormalizedDice"/>), above 0: in millimetres where
    /// the case's spacing is known, in pixels of the map elsewhere. Null (the default) for one pixel of the map (the longer of its sides),
    /// the finest distance that the map can show. Nikolov et al. 2021 use the differences between raters, with a separate value for each
    /// organ.
    /// </summary>
    public double? SurfaceTolerance { get; init; }

    /// <summary>
    /// Number of bins of the calibration errors, 1 to 10000: equally wide ones, and those of as many pixels each of the adaptive error.
    /// Default 10.
    /// </summary>
    public int CalibrationBins { get; init; } = Calibration.DefaultBins;

    /// <summary>
    /// How far from the mean of the raters' areas <see cref="CaseMetrics.NormalAreaRankedProbability"/> integrates, in standard deviations,
    /// above 0. Null (the default) for the whole line. The code of the CURVAS challenges has 3: its value stops growing beyond, and is 0
    /// where the raters' areas are equal.
    /// </summary>
    public double? AreaDeviations { get; init; }

    /// <summary>The conventions of the generalised energy distance. Default: all pairs, and 0 for two empty masks.</summary>
    public EnergyDistanceOptions EnergyDistance { get; init; } = new();

    /// <summary>
    /// The number of resamples of the cases for the confidence intervals (<see cref="Bootstrap"/>), 0 to 1000000; 0 for no intervals.
    /// Default 2000.
    /// </summary>
    public int BootstrapResamples { get; init; } = Bootstrap.DefaultResamples;

    /// <summary>The share of resamples that an interval covers, above 0 and below 1. Default 0.95.</summary>
    public double Confidence { get; init; } = Bootstrap.DefaultConfidence;

    /// <summary>Seed of the resamples. Default 0: the same cases always get the same intervals.</summary>
    public int Seed { get; init; }

    /// <exception cref="ArgumentException">
    /// An option is out of range; the message says which, the value found and what is allowed.
    /// </exception>
    internal void Check()
    {
        const string Name = nameof(EvaluationOptions) + ".";
        if (Thresholds is null || Thresholds.Count == 0)
        {
            throw new ArgumentException(
                $"{Name}{nameof(Thresholds)} is {(Thresholds is null ? "null" : "empty")}; at least one threshold must be given.");
        }

        foreach (float threshold in Thresholds)
        {
            if (!(threshold > 0 && threshold <= 1))
            {
                throw Wrong(nameof(Thresholds), threshold, "above 0 and at most 1");
            }
        }

        if (Thresholds.GroupBy(threshold => threshold).FirstOrDefault(group => group.Skip(1).Any()) is { } repeated)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{Name}{nameof(Thresholds)} has {repeated.Key} twice; each threshold must be given once."));
        }

        if (SurfaceTolerance is double tolerance && !(tolerance > 0 && double.IsFinite(tolerance)))
        {
            throw Wrong(nameof(SurfaceTolerance), tolerance, "above 0, or null for one pixel");
        }

        if (CalibrationBins is < 1 or > 10_000)
        {
            throw Wrong(nameof(CalibrationBins), CalibrationBins, "from 1 to 10000");
        }

        if (AreaDeviations is double deviations && !(deviations > 0 && double.IsFinite(deviations)))
        {
            throw Wrong(nameof(AreaDeviations), deviations, "above 0, or null for the whole line");
        }

        if (EnergyDistance is null)
        {
            throw new ArgumentException($"{Name}{nameof(EnergyDistance)} is null; it must be given.");
        }

        EnergyDistance.Check();
        if (BootstrapResamples is < 0 or > 1_000_000)
        {
            throw Wrong(nameof(BootstrapResamples), BootstrapResamples, "from 0 (no intervals) to 1000000");
        }

        if (!(Confidence > 0 && Confidence < 1))
        {
            throw Wrong(nameof(Confidence), Confidence, "above 0 and below 1");
        }

        static ArgumentException Wrong(string option, object value, string allowed) =>
            new(FormattableString.Invariant($"{Name}{option} is {value}; it must be {allowed}."));
    }
}
