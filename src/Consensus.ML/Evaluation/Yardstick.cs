using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>One of the <see cref="HumanYardsticks"/> over a data set.</summary>
/// <param name="Mean">Mean over the cases that have a value; NaN where no case has a value.</param>
/// <param name="Interval">Bootstrap confidence interval of the mean (<see cref="Bootstrap"/>). Groups of cases are resampled.</param>
public sealed record Yardstick(double Mean, ConfidenceInterval Interval);
