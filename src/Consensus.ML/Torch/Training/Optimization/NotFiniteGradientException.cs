namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>The gradient of a step is NaN or infinite.</summary>
/// <param name="norm">The norm of the gradient.</param>
internal sealed class NotFiniteGradientException(double norm) : ArithmeticException
{
    /// <summary>The norm of the gradient.</summary>
    public double Norm { get; } = norm;
}
