namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>What the host learns of a step.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Loss">Its loss; null if the optimizer was not given it.</param>
/// <param name="Norm">The norm of the gradient, before it is limited and with the scale of the loss.</param>
internal readonly record struct StepOutcome(int Step, double? Loss, double Norm)
{
    /// <summary>Whether the loss is a number. Unlike a gradient, it is never too large for float16.</summary>
    public bool HasFiniteLoss => Loss is null || double.IsFinite(Loss.Value);
}
