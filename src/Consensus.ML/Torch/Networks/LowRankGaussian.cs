using Consensus.ML.Graphs;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// A normal distribution of all pixels' logits together, N(μ, P·Pᵀ + D): a factor P of few columns, which pixels share, and a diagonal D
/// of what each pixel has of its own (Monteiro et al. 2020, "Stochastic segmentation networks", section 3). One logit decides between
/// structure and background: it is the difference of the two logits that the paper has, which is such a distribution too.
/// </summary>
/// <param name="Mean">μ, B×pixels.</param>
/// <param name="Deviation">√D, B×pixels, at least 0.</param>
/// <param name="Factor">P, B×rank×pixels.</param>
internal sealed record LowRankGaussian(Tensor Mean, Tensor Deviation, Tensor Factor)
{
    /// <summary>How many standard normal numbers a sample takes: those that its pixels share, then one for each pixel.</summary>
    public static int NoiseSize(int rank, int pixels) => checked(rank + pixels);

    /// <summary>
    /// Samples by reparameterisation: μ + P·z + √D·ε, so that gradients reach all three; owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="noise">B×samples×(rank + pixels) of standard normal numbers: z, then ε.</param>
    /// <returns>B×samples×pixels.</returns>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        long rank = Factor.shape[1], pixels = Mean.shape[1];
        Tensor shared = noise.narrow(2, 0, rank).matmul(Factor);
        Tensor own = noise.narrow(2, rank, pixels) * Deviation.unsqueeze(1);
        return shared.Plus(own).Plus(Mean.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Sample"/> in a graph, for one image.</summary>
    /// <param name="mean">1×pixels.</param>
    /// <param name="deviation">1×pixels.</param>
    /// <param name="factor">rank×pixels.</param>
    /// <param name="noise">Samples×(rank + pixels).</param>
    /// <returns>Samples×pixels.</returns>
    public static GraphValue EmitSample(GraphValue mean, GraphValue deviation, GraphValue factor, GraphValue noise)
    {
        long rank = factor.Shape[0], pixels = factor.Shape[1];
        return noise.Part(1, 0, rank).MatrixProduct(factor).Plus(noise.Part(1, rank, pixels).Times(deviation)).Plus(mean);
    }

    /// <summary>
    /// The logarithm of a mask's probability, estimated with M samples of the logits: log (1/M) Σ_m Π_i p(y_i | η_i^m), the negative of
    /// the paper's loss (section 3, the Monte-Carlo integral). Owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="samples">η, B×M×pixels.</param>
    /// <param name="masks">y, B×pixels of 0 and 1.</param>
    /// <returns>B, at most 0.</returns>
    public static Tensor LogLikelihood(Tensor samples, Tensor masks)
    {
        using var scope = NewDisposeScope();
        Tensor each = functional.binary_cross_entropy_with_logits(
            samples, masks.unsqueeze(1).expand_as(samples), reduction: Reduction.None).sum(2);
        return (-each).logsumexp(1).Minus(Math.Log(samples.shape[1])).MoveToOuterDisposeScope();
    }
}
