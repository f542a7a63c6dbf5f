namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>The loss or the gradient of a step is NaN or infinite.</summary>
/// <param name="outcome">The step.</param>
internal sealed class NotFiniteGradientException(StepOutcome outcome) : ArithmeticException
{
    /// <summary>The step.</summary>
    public StepOutcome Outcome { get; } = outcome;
}
