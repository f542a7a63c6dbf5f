namespace Consensus.ML.Options;

/// <summary>Where a training run is.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Fraction">Share of the run that is done, 0 to 1, by whichever limit comes first.</param>
/// <param name="Loss">Exponentially smoothed training loss.</param>
/// <param name="ValidationScore">Soft Dice (5 thresholds, 0 to 1) of the latest validation; null before the first.</param>
/// <param name="BestValidationScore">The best validation score so far; null before the first.</param>
/// <param name="Elapsed">Wall time since training began.</param>
/// <param name="Remaining">Estimated wall time left.</param>
public sealed record TrainingProgress(
    int Step,
    double Fraction,
    double Loss,
    double? ValidationScore,
    double? BestValidationScore,
    TimeSpan Elapsed,
    TimeSpan Remaining);
