namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>The gradient of a step is NaN or infinite.</summary>
/// <param name="norm">Its norm.</param>
internal sealed class NotFiniteGradientException(double norm) : ArithmeticException
{
    /// <summary>What its norm is.</summary>
    public double Norm { get; } = norm;
}
