using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>A normal distribution of independent numbers: the latent of a Probabilistic U-Net.</summary>
/// <param name="Mean">μ, B×numbers.</param>
/// <param name="LogDeviation">log σ, B×numbers.</param>
internal sealed record DiagonalGaussian(Tensor Mean, Tensor LogDeviation)
{
    /// <summary>Samples by reparameterisation: μ + σ·ε, so that gradients reach both; owned by the surrounding dispose scope.</summary>
    /// <param name="noise">ε, B×numbers of standard normal numbers.</param>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (LogDeviation.exp() * noise).Plus(Mean).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The Kullback-Leibler divergence of this distribution from another, in nats:
    /// Σ log σ' − log σ + (σ² + (μ − μ')²) / (2σ'²) − ½. Owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="other">The distribution with μ' and σ'.</param>
    /// <returns>B, at least 0.</returns>
    public Tensor DivergenceFrom(DiagonalGaussian other)
    {
        using var scope = NewDisposeScope();

        // Of the exponents' difference, not a quotient of two exponentials, which could both be 0.
        Tensor ratio = (LogDeviation - other.LogDeviation).Times(2).exp();
        Tensor shift = (Mean - other.Mean) * (-other.LogDeviation).exp();
        Tensor terms = ratio.Plus(shift * shift).Times(0.5) - (LogDeviation - other.LogDeviation);
        return terms.Minus(0.5).sum(1).MoveToOuterDisposeScope();
    }
}
