namespace Consensus.ML;

/// <summary>What the training of a model did.</summary>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="BestValidationScore">Their soft Dice (5 thresholds, 0 to 1) on the training cases set aside; null where none were.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="TrainingCases">Number of cases trained on.</param>
/// <param name="ValidationCases">Number of cases set aside to choose the best weights by.</param>
/// <param name="Cancelled">Whether the run was cancelled before its end.</param>
public sealed record TrainingSummary(int Steps, int BestStep, double? BestValidationScore, TimeSpan Elapsed, int TrainingCases, int ValidationCases, bool Cancelled);
