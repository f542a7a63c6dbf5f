using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Optimization;

public sealed class MuonTests
{
    private static readonly TrainingOptions Options = new() { Optimizer = OptimizerKind.Muon, EmaDecay = 0.9 };

    [Theory]
    [InlineData(5, 40)]
    [InlineData(40, 5)]
    [InlineData(16, 16)]
    public void Singular_vectors_stay_and_singular_values_follow_the_polynomial(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using Generator generator = SeededNumbers.Begin(3);
        Tensor left = Orthonormal(rows), right = Orthonormal(columns);

        // Singular values from 1 down to 1e-3. In float32, those of the small matrix XXᵀ are known to 1e-7 of the largest.
        int count = Math.Min(rows, columns);
        double[] values = [.. Enumerable.Range(0, count).Select(i => Math.Pow(10, -3.0 * i / (count - 1)))];
        double norm = Math.Sqrt(values.Sum(value => value * value));
        Tensor expected = Compose([.. values.Select(value => Polynomial(value / norm))]),
            actual = Orthogonal(Compose(values).to_type(ScalarType.Float32)).to_type(ScalarType.Float64).contiguous();
        Assert.Equal(expected.data<double>(), actual.data<double>(), (a, b) => Math.Abs(a - b) < 1e-3);

        Tensor Compose(double[] singular) =>
            left.narrow(1, 0, count).matmul(diag(tensor(singular))).matmul(right.narrow(1, 0, count).t()).contiguous();

        Tensor Orthonormal(int side) => linalg.qr(SeededNumbers.Normal([side, side], CPU, generator).to_type(ScalarType.Float64)).Q;
    }

    [Fact]
    public void Zeros_stay_zeros()
    {
        using var scope = NewDisposeScope();
        Assert.All(Orthogonal(zeros(3, 7)).data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Matrices_move_by_their_momentum_and_other_weights_as_with_AdamW_by_hand()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create(Options);
        Descend(optimizer, [3, 0, 0, 0.3f], bias: 2);

        // A diagonal matrix has its entries as singular values. The first momentum points where the gradient does. A step has the root mean
        // square 0.2 where all singular values are 1, as in 0.2·√2 of the identity of two rows.
        double longest = 0.2 * Math.Sqrt(2), norm = Math.Sqrt(9 + 0.09);
        double first = 1 - (0.01 * longest * Polynomial(3 / norm)), last = 1 - (0.01 * longest * Polynomial(0.3 / norm));
        AssertValues([first, 1, 1, last], optimizer.State[0].Values.narrow(0, 0, 4));
        AssertValues([1 - 0.01, 1 - 0.01], optimizer.Leaves[1]);

        // The momentum is now 0.9·(0.3, 0.03) + 0.1·(0, 1), and the gradient counts once more: 0.9·momentum + 0.1·gradient.
        Descend(optimizer, [0, 0, 0, 1], bias: 2);
        (double x, double y) = (0.9 * 0.27, (0.9 * (0.027 + 0.1)) + 0.1);
        norm = Math.Sqrt((x * x) + (y * y));
        AssertValues(
            [first - (0.01 * longest * Polynomial(x / norm)), 1, 1, last - (0.01 * longest * Polynomial(y / norm))],
            optimizer.State[0].Values.narrow(0, 0, 4));
        AssertValues([1 - 0.02, 1 - 0.02], optimizer.Leaves[1]);
    }

    [Fact]
    public void Updates_are_bounded_where_AdamW_makes_them()
    {
        using var scope = NewDisposeScope();
        using Optimizer free = Create(Options), bounded = Create(Options with { UpdateClipping = 0.5 });
        foreach (Optimizer optimizer in new[] { free, bounded })
        {
            Descend(optimizer, [3, 0, 0, 0.3f], bias: 2);
        }

        // AdamW moves two weights, and both have a gradient of 1 by its estimate: their root mean square is 1, twice the bound.
        AssertValues([1 - 0.01, 1 - 0.01], free.Leaves[1]);
        AssertValues([1 - 0.005, 1 - 0.005], bounded.Leaves[1]);
        Assert.Equal(Matrix(free), Matrix(bounded));

        static float[] Matrix(Optimizer optimizer) => optimizer.State[0].Values.narrow(0, 0, 4).data<float>().ToArray();
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Steps_on_a_device_have_the_bits_of_steps_on_the_host_and_leave_no_tensor_behind(object precision)
    {
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var scope = NewDisposeScope())
        {
            TrainingOptions options = Options with
            {
                Precision = (Precision)precision, GradientClipping = 0.7, UpdateClipping = 0.45, WeightDecay = 0.1,
            };
            using Optimizer host = Create(options), device = Create(options, onDevice: true);
            foreach (float slope in (float[])[0.1f, 3, 0.2f, 5])
            {
                Descend(host, [slope, 1, -slope, 0.5f], slope);
                Descend(device, [slope, 1, -slope, 0.5f], slope);
                Assert.Equal(Values(host), Values(device));
            }
        }

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        static float[] Values(Optimizer optimizer) => [.. optimizer.State.SelectMany(item => item.Values.data<float>().ToArray())];
    }

    [Fact]
    public void Checkpoints_from_before_there_was_a_choice_mean_AdamW()
    {
        TrainingFingerprint older = Discs.Fingerprint(new()).Before("Training.Optimizer");
        Assert.Null(Discs.Fingerprint(new()).DifferencesFrom(older));
        Assert.Contains("Training.Optimizer", Discs.Fingerprint(new(), Options).DifferencesFrom(older), StringComparison.Ordinal);
    }

    /// <summary>What Muon would add once to weights of zero.</summary>
    private static Tensor Orthogonal(Tensor matrix)
    {
        Tensor sum = zeros_like(matrix);
        Muon.AddOrthogonal(sum, matrix, 1);
        return sum;
    }

    /// <summary>What five rounds make of a singular value, with the coefficients of Jordan et al. 2024.</summary>
    private static double Polynomial(double value)
    {
        for (int round = 0; round < 5; round++)
        {
            value = (3.4445 * value) - (4.7750 * Math.Pow(value, 3)) + (2.0315 * Math.Pow(value, 5));
        }

        return value;
    }

    /// <summary>A matrix of two rows and a bias, all ones.</summary>
    private static Optimizer Create(TrainingOptions options, bool? onDevice = null)
    {
        var layout = new WeightLayout();
        layout.Add("w", [2, 2], Initialization.Ones, lowPrecision: true);
        layout.Add("bias", [2], Initialization.Ones);
        return new(WeightSet.Initialize(layout, CPU, 1), options, onDevice);
    }

    /// <summary>A step at the rate 0.01 with these gradients.</summary>
    private static void Descend(Optimizer optimizer, float[] matrix, float bias)
    {
        using var scope = NewDisposeScope();
        optimizer.ZeroGradients();
        Tensor slopes = tensor(matrix).view(2, 2);
        Tensor loss = (optimizer.Leaves[0].to_type(ScalarType.Float32) * slopes).sum().Plus(optimizer.Leaves[1].Times(bias).sum());
        loss.backward();
        optimizer.GatherGradients();
        optimizer.Step(0.01, loss);
    }

    private static void AssertValues(double[] expected, Tensor actual) =>
        Assert.Equal(expected, actual.detach().data<float>().ToArray().Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-5);
}
