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

    // Keeps a matrix of zeros from being divided by zero; it is far below the squares of any gradient's norm.
    private const double LeastSquare = 1e-24;

    private readonly List<(Tensor Weights, Tensor Gradient, Tensor Momentum)> _matrices = [];
    private readonly List<(long Start, long End)> _ranges = [];
    private readonly double _decay;

    /// <param name="layout">The weights; those that a 16-bit run may hold in 16 bits belong to convolutions and projections.</param>
    /// <param name="weights">The flat weights; this and the other flat tensors stay the caller's.</param>
    /// <param name="gradient">Their gradient.</param>
    /// <param name="momentum">The running mean of their gradients.</param>
    /// <param name="decay">The decay of that mean, β_1 of AdamW.</param>
    public Muon(WeightLayout layout, Tensor weights, Tensor gradient, Tensor momentum, double decay)
    {
        _decay = decay;
        Tensor[][] views = [.. new[] { weights, gradient, momentum }.Select(flat => WeightSet.Views(layout, flat))];
        for (int i = 0; i < layout.Specs.Count; i++)
        {
            WeightSpec spec = layout.Specs[i];
            bool isMatrix = spec.LowPrecision && spec.Shape.Length > 1;
            if (isMatrix)
            {
                Tensor[] matrices = [.. views.Select(view => view[i].flatten(1).DetachFromDisposeScope())];
                _matrices.Add((matrices[0], matrices[1], matrices[2]));
                long start = matrices[0].storage_offset() - weights.storage_offset();
                _ranges.Add((start, start + spec.Count));
            }

            foreach (Tensor[] view in views)
            {
                view[i].Dispose();
            }
        }
    }

    /// <summary>Number of the weights that Muon moves.</summary>
    public long Count => _ranges.Sum(range => range.End - range.Start);

    /// <summary>Where the weights that Muon moves are in the flat tensors, in order.</summary>
    public IEnumerable<(long Start, long End)> Ranges => _ranges.Order();

    /// <summary>Takes the gradients of its weights into their means, moves the weights, and sets the gradients to zero.</summary>
    /// <param name="rate">The learning rate.</param>
    public void Step(double rate)
    {
        foreach ((Tensor weights, Tensor gradient, Tensor momentum) in _matrices)
        {
            using var scope = NewDisposeScope();
            momentum.LerpInPlace(gradient, 1 - _decay);

            // The gradient counts once more (Nesterov's momentum).
            gradient.LerpInPlace(momentum, _decay);
            double length = RootMeanSquare * Math.Sqrt(Math.Max(weights.shape[0], weights.shape[1]));
            AddOrthogonal(weights, gradient, -rate * length);
            gradient.zero_();
        }
    }

    /// <summary>
    /// Adds a multiple of a matrix with the same singular vectors as a given one. Its singular values are those of the given one, divided
    /// by the root of the sum of their squares, after five rounds of the polynomial.
    /// </summary>
    /// <remarks>
    /// X becomes p(XXᵀ)·X in a round. All these factors are polynomials of one small matrix, and are multiplied before X is: that takes a
    /// third of the time of rounds on X itself. The division by the root is of small matrices too.
    /// </remarks>
    /// <param name="sum">What it is added to, in place; of the shape of the matrix.</param>
    /// <param name="matrix">Any number of rows and columns, float32. Zeros add nothing.</param>
    /// <param name="factor">The multiple.</param>
    public static void AddOrthogonal(Tensor sum, Tensor matrix, double factor)
    {
        using var scope = NewDisposeScope();
        Tensor wide = Wide(matrix);
        Wide(sum).addmm_(Factors(wide), wide, beta: 1, alpha: (float)factor);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Tensor weights, Tensor gradient, Tensor momentum) in _matrices)
        {
            weights.Dispose();
            gradient.Dispose();
            momentum.Dispose();
        }
    }

    /// <summary>The matrix, or its transpose if it has more rows than columns; the same values in memory.</summary>
    private static Tensor Wide(Tensor matrix) => matrix.shape[0] > matrix.shape[1] ? matrix.t() : matrix.alias();

    /// <summary>What orthogonalises a matrix when it is multiplied by it from the left.</summary>
    private static Tensor Factors(Tensor wide)
    {
        using var scope = NewDisposeScope();
        Tensor gram = wide.matmul(wide.t()), square = gram.trace().PlusInPlace(LeastSquare);
        Tensor factor = FactorOf(gram.div_(square)), factors = factor;
        for (int round = 1; round < Rounds; round++)
        {
            gram = factor.matmul(gram).matmul(factor);
            factor = FactorOf(gram);
            factors = factor.matmul(factors);
        }

        return factors.div_(square.sqrt_()).MoveToOuterDisposeScope();
    }

    /// <summary>a + b·G + c·G² for G = XXᵀ: the polynomial without its factor X.</summary>
    private static Tensor FactorOf(Tensor gram)
    {
        using var scope = NewDisposeScope();
        Tensor factor = gram.addmm(gram, gram, beta: (float)Cubic, alpha: (float)Quintic);
        factor.diagonal().PlusInPlace(Linear);
        return factor.MoveToOuterDisposeScope();
    }
}
