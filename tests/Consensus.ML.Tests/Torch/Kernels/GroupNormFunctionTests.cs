using Consensus.ML.Torch.Kernels;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>Group normalisation with its scale, shift and activation, against torch's own operations in float64.</summary>
public sealed class GroupNormFunctionTests
{
    private const int Groups = 32;
    private const double Epsilon = 1e-5;

    public static TheoryData<long, long, long, long, string, bool> Cases => new()
    {
        { 3, 32, 8, 8, nameof(Activation.Silu), true },
        { 3, 32, 8, 8, nameof(Activation.Silu), false },
        { 2, 64, 5, 7, nameof(Activation.None), true },
        { 2, 96, 13, 11, nameof(Activation.Relu), false },
        { 1, 160, 16, 16, nameof(Activation.Relu), true },
        { 4, 64, 1, 3, nameof(Activation.None), false },
        { 1, 32, 40, 40, nameof(Activation.Silu), true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_has_the_values_and_the_gradients_of_torch(
        long samples, long channels, long height, long width, string activation, bool isOfSample)
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        long[] perChannel = isOfSample ? [samples, channels] : [channels];
        Tensor input = Numbers.Normal(1, samples, channels, height, width).Times(3).Plus(2), scale = Numbers.Normal(2, perChannel),
            shift = Numbers.Normal(3, perChannel), given = Numbers.Normal(4, samples, channels, height, width);
        Tensor[] expected = Torch(input, scale, shift, given, activation);

        // Both ways that maps lie in memory, of the input and of the gradient.
        foreach ((Tensor maps, Tensor gradient) in new[] { (input, given), (ChannelsLast.Of(input), ChannelsLast.Of(given)) })
        {
            Tensor[] leaves = [.. new[] { maps, scale, shift }.Select(leaf => leaf.detach().requires_grad_())];
            Tensor output = Apply(leaves[0], leaves[1], leaves[2], activation, isTraining: true);
            output.backward([gradient]);
            Tensor[] actual = [output, .. leaves.Select(leaf => leaf.grad!)];
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.Equal(expected[i].shape, actual[i].shape);
                AssertNear(expected[i], actual[i], 1e-5);
            }

            using var inference = no_grad();
            Assert.Equal(0, (output - Apply(maps, scale, shift, activation, isTraining: false)).abs().max().item<float>());
        }
    }

    [Fact]
    public void A_large_mean_does_not_hide_a_small_deviation()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor input = Numbers.Normal(1, 1, 64, 20, 20).Times(0.1).Plus(100), scale = ones(64), shift = zeros(64);
        Tensor expected = Torch(input, scale, shift, zeros_like(input), nameof(Activation.None))[0];
        AssertNear(expected, Apply(input, scale, shift, nameof(Activation.None), isTraining: false), 1e-4);
    }

    [Fact]
    public void BFloat16_is_as_exact_as_the_format()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor input = Numbers.Normal(1, 2, 64, 9, 9).to_type(ScalarType.BFloat16), scale = Numbers.Normal(2, 2, 64),
            shift = Numbers.Normal(3, 2, 64), given = Numbers.Normal(4, 2, 64, 9, 9).to_type(ScalarType.BFloat16);
        Tensor[] expected = Torch(input, scale, shift, given, nameof(Activation.Silu));
        Tensor[] leaves = [.. new[] { input, scale, shift }.Select(leaf => leaf.detach().requires_grad_())];
        Tensor output = Apply(leaves[0], leaves[1], leaves[2], nameof(Activation.Silu), isTraining: true);
        output.backward([given]);
        Assert.Equal((ScalarType.BFloat16, ScalarType.BFloat16), (output.dtype, leaves[0].grad!.dtype));
        Assert.Equal((ScalarType.Float32, ScalarType.Float32), (leaves[1].grad!.dtype, leaves[2].grad!.dtype));
        AssertNear(expected[0], output, 1 / 256.0);
        AssertNear(expected[1], leaves[0].grad!, 2 / 256.0);
        AssertNear(expected[2], leaves[1].grad!, 1e-5);
        AssertNear(expected[3], leaves[2].grad!, 1e-5);
    }

    [Fact]
    public void A_sample_has_the_same_bits_alone_and_beside_others()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        Tensor input = Numbers.Normal(1, 3, 64, 9, 9), scale = Numbers.Normal(2, 3, 64), shift = Numbers.Normal(3, 3, 64);
        Tensor together = Apply(input, scale, shift, nameof(Activation.Silu), isTraining: false);
        for (int sample = 0; sample < 3; sample++)
        {
            Tensor alone = Apply(
                input.narrow(0, sample, 1), scale.narrow(0, sample, 1), shift.narrow(0, sample, 1), nameof(Activation.Silu), false);
            Assert.Equal(0, (alone - together.narrow(0, sample, 1)).abs().max().item<float>());
        }
    }

    [Fact]
    public void Several_threads_give_the_bits_of_one()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();

        // Enough numbers for the threads to share them.
        Tensor input = Numbers.Normal(1, 5, 64, 16, 16), scale = Numbers.Normal(2, 64), shift = Numbers.Normal(3, 64),
            given = Numbers.Normal(4, 5, 64, 16, 16);
        foreach ((Tensor one, Tensor several) in On(1).Zip(On(3)))
        {
            Assert.Equal(0, (one - several).abs().max().item<float>());
        }

        Tensor[] On(int threads)
        {
            using var used = TorchThreads.Use(threads);
            Tensor[] leaves = [.. new[] { input, scale, shift }.Select(leaf => leaf.detach().requires_grad_())];
            Tensor output = Apply(leaves[0], leaves[1], leaves[2], nameof(Activation.Silu), isTraining: true);
            output.backward([given]);
            return [output.detach(), .. leaves.Select(leaf => leaf.grad!)];
        }
    }

    [Fact]
    public void What_is_not_a_number_stays_in_its_sample_and_group()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor input = Numbers.Normal(1, 2, 64, 4, 4);
        input[1, 5, 2, 3] = tensor(float.NaN);
        foreach (string activation in Enum.GetNames<Activation>())
        {
            Tensor wrong = Apply(input, ones(64), zeros(64), activation, isTraining: false).isnan();
            Assert.Equal(2 * 16, wrong.sum().item<long>());
            Assert.True(wrong[1, 4].all().item<bool>() && wrong[1, 5].all().item<bool>());
        }
    }

    [Fact]
    public void A_training_step_leaves_no_tensor_behind()
    {
        Needs.Avx512();
        Step();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++)
        {
            Step();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        static void Step()
        {
            using var scope = NewDisposeScope();
            Tensor input = Numbers.Normal(1, 2, 32, 4, 4).requires_grad_(), scale = ones(32).requires_grad_(), shift = zeros(32);
            Tensor first = Apply(input, scale, shift, nameof(Activation.Silu), isTraining: true);
            Apply(first, scale, shift, nameof(Activation.Silu), isTraining: true).sum().backward();
        }
    }

    [Theory]
    [InlineData(2, 48, 48)]
    [InlineData(2, 64, 32)]
    public void What_does_not_go_together_is_refused_before_memory_is_read(long samples, long channels, long scales)
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor input = Numbers.Normal(1, samples, channels, 4, 4);
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => Apply(input, ones(scales), zeros(scales), nameof(Activation.None), isTraining: false));
        Assert.Contains($"{samples}×{channels}×4×4", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_activation_without_a_kernel_is_refused()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => GroupNormFunction.Apply(
            Numbers.Normal(1, 1, 32, 4, 4), ones(32), zeros(32), Groups, Epsilon, (Activation)7, isTraining: false));
        Assert.Contains("activation 7", refused.Message, StringComparison.Ordinal);
    }

    private static Tensor Apply(Tensor input, Tensor scale, Tensor shift, string activation, bool isTraining) =>
        GroupNormFunction.Apply(input, scale, shift, Groups, Epsilon, Enum.Parse<Activation>(activation), isTraining);

    /// <summary>The output and the gradients of input, scale and shift, as torch computes them in float64.</summary>
    private static Tensor[] Torch(Tensor input, Tensor scale, Tensor shift, Tensor given, string activation)
    {
        Tensor[] leaves =
            [.. new[] { input, scale, shift }.Select(leaf => leaf.detach().to_type(ScalarType.Float64).requires_grad_())];
        Tensor normed = functional.group_norm(leaves[0], Groups, eps: Epsilon);
        Tensor z = (normed * PerPixel(leaves[1])).Plus(PerPixel(leaves[2]));
        Tensor output = activation switch
        {
            nameof(Activation.Silu) => z * z.sigmoid(),
            nameof(Activation.Relu) => functional.relu(z),
            _ => z,
        };
        output.backward([given.to_type(ScalarType.Float64)]);
        return [output.detach(), .. leaves.Select(leaf => leaf.grad!)];

        static Tensor PerPixel(Tensor perChannel) => perChannel.unsqueeze(-1).unsqueeze(-1);
    }

    /// <summary>No number is further away than a share of the largest.</summary>
    private static void AssertNear(Tensor expected, Tensor actual, double share)
    {
        double largest = expected.abs().max().item<double>();
        double apart = (expected - actual.to_type(ScalarType.Float64)).abs().max().item<double>();
        Assert.InRange(apart, 0, share * largest);
    }
}
