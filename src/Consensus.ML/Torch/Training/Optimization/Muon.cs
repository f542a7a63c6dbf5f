using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>The part of a step that <see cref="OptimizerKind.Muon"/> takes: the weights of convolutions and projections.</summary>
internal sealed class Muon : IDisposable
{
    // An update of this root mean square is as long as AdamW's usually are (Liu et al. 2025, section 2.2).
    private const double RootMeanSquare = 0.2;

    // Five rounds of x ↦ a·x + b·x³ + c·x⁵ bring singular values from 0.002 to 1 near 1, to between 0.68 and 1.21 (Jordan et al. 2024).
    private const double Linear = 3.4445, Cubic = -4.7750, Quintic = 2.0315;
    private const int Rounds = 5;

    private readonly List<(Tensor Weights, Tensor Gradient, Tensor Momentum, Tensor Denominator)> _matrices = [];
    private readonly double _decay;

    /// <param name="layout">The weights; those that a 16-bit run may hold in 16 bits belong to convolutions and projections.</param>
    /// <param name="weights">The flat weights; this and the other flat tensors stay the caller's.</param>
    /// <param name="gradient">Their gradient.</param>
    /// <param name="momentum">The running mean of their gradients.</param>
    /// <param name="denominator">By what AdamW divides.</param>
    /// <param name="decay">The decay of that mean, β_1 of AdamW.</param>
    public Muon(WeightLayout layout, Tensor weights, Tensor gradient, Tensor momentum, Tensor denominator, double decay)
    {
        _decay = decay;
        Tensor[][] views = [.. new[] { weights, gradient, momentum, denominator }.Select(flat => WeightSet.Views(layout, flat))];
        for (int i = 0; i < layout.Specs.Count; i++)
        {
            WeightSpec spec = layout.Specs[i];
            bool isMatrix = spec.LowPrecision && spec.Shape.Length > 1;
            if (isMatrix)
            {
                Tensor[] matrices = [.. views.Select(view => view[i].flatten(1).DetachFromDisposeScope())];
                _matrices.Add((matrices[0], matrices[1], matrices[2], matrices[3]));
                Count += spec.Count;
            }

            foreach (Tensor[] view in views)
            {
                view[i].Dispose();
            }
        }
    }

    /// <summary>Number of the weights that Muon moves.</summary>
    public long Count { get; }

    /// <summary>Moves its weights, and makes AdamW's denominators of them infinite, so that AdamW leaves them where they are.</summary>
    /// <param name="rate">The learning rate.</param>
    public void Step(double rate)
    {
        foreach ((Tensor weights, Tensor gradient, Tensor momentum, Tensor denominator) in _matrices)
        {
            using var scope = NewDisposeScope();
            denominator.FillInPlace(double.PositiveInfinity);

            // The gradient counts once more (Nesterov's momentum).
            Tensor step = Orthogonalize(gradient.Lerp(momentum, _decay));
            double length = RootMeanSquare * Math.Sqrt(Math.Max(step.shape[0], step.shape[1]));
            weights.PlusInPlace(step.TimesInPlace(-rate * length));
        }
    }

    /// <summary>
    /// A matrix with the same singular vectors. Its singular values are those of the given one, divided by the root of the sum of their
    /// squares, after five rounds of the polynomial.
    /// </summary>
    /// <remarks>
    /// X becomes p(XXᵀ)·X in a round. All these factors are polynomials of one small matrix, and are multiplied before X is: that takes a
    /// third of the time of rounds on X itself.
    /// </remarks>
    /// <param name="matrix">Any number of rows and columns, float32.</param>
    /// <returns>Of the same shape; zeros for zeros. Owned by the surrounding dispose scope.</returns>
    public static Tensor Orthogonalize(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        bool tall = matrix.shape[0] > matrix.shape[1];
        Tensor wide = tall ? matrix.t() : matrix;
        wide = wide / wide.norm().PlusInPlace(1e-12);
        Tensor gram = wide.matmul(wide.t()), factor = FactorOf(gram), factors = factor;
        for (int round = 1; round < Rounds; round++)
        {
            gram = factor.matmul(gram).matmul(factor);
            factor = FactorOf(gram);
            factors = factor.matmul(factors);
        }

        Tensor orthogonal = factors.matmul(wide);
        return (tall ? orthogonal.t() : orthogonal).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Tensor weights, Tensor gradient, Tensor momentum, Tensor denominator) in _matrices)
        {
            weights.Dispose();
            gradient.Dispose();
            momentum.Dispose();
            denominator.Dispose();
        }
    }

    /// <summary>a + b·G + c·G² for G = XXᵀ: the polynomial without its factor X.</summary>
    private static Tensor FactorOf(Tensor gram)
    {
        using var scope = NewDisposeScope();
        Tensor factor = gram.Times(Cubic).PlusInPlace(gram.matmul(gram).TimesInPlace(Quintic));
        factor.diagonal().PlusInPlace(Linear);
        return factor.MoveToOuterDisposeScope();
    }
}
