using Consensus.ML.Tests.Torch.Kernels;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>
/// A layer computes the same whether torch's own operations do it or our kernels. In float64 it is always torch, as on a processor without
/// AVX-512 and on a GPU.
/// </summary>
public sealed class LayersInFloat64Tests
{
    private const int Images = 2, Inputs = 32, Outputs = 64, Side = 8, Embedding = 16;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void A_residual_block_is_the_same(bool hasEmbedding, bool scaleShift)
    {
        var layout = new WeightLayout();
        var block = new ResidualBlock(layout, "block", Inputs, Outputs, hasEmbedding ? Embedding : null, scaleShift);
        AssertSame(layout, (context, input) => block.Forward(
            context, input, hasEmbedding ? Numbers.Normal(7, Images, Embedding).to_type(input.dtype) : null));
    }

    [Fact]
    public void Attention_is_the_same()
    {
        var layout = new WeightLayout();
        var attention = new AttentionBlock(layout, "attention", Inputs, heads: 2);
        AssertSame(layout, attention.Forward);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_convolution_with_a_norm_is_the_same(int kernel)
    {
        var layout = new WeightLayout();
        var convolution = new NormedConvolution(layout, "first", Inputs, Outputs, kernel);
        AssertSame(layout, convolution.Forward);
    }

    [Fact]
    public void Halving_and_doubling_the_sides_is_the_same()
    {
        var layout = new WeightLayout();
        var down = new Downsampling(layout, "down", Inputs);
        var up = new Upsampling(layout, "up", Inputs);
        AssertSame(layout, (context, input) => up.Forward(context, down.Forward(context, input)));
    }

    private static void AssertSame(WeightLayout layout, Func<ForwardContext, Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        using WeightSet set = WeightSet.Initialize(layout, CPU, 1);
        Tensor[] weights = [.. set.Weights.Select((weight, i) => weight.Plus(Numbers.Normal(i, weight.shape).Times(0.05)))];
        Tensor input = Numbers.Normal(1000, Images, Inputs, Side, Side);
        Tensor[] expected = Run(ScalarType.Float64), actual = Run(ScalarType.Float32);
        for (int i = 0; i < expected.Length; i++)
        {
            double largest = expected[i].abs().max().item<double>();
            Assert.True(largest > 0);
            Assert.InRange((expected[i] - actual[i].to_type(ScalarType.Float64)).abs().max().item<double>(), 0, 5e-5 * largest);
        }

        // The output without gradients, the output with them, and the gradients of the input and the weights.
        Tensor[] Run(ScalarType type)
        {
            Tensor[] leaves = [.. weights.Select(weight => weight.to_type(type).detach().requires_grad_())];
            Tensor maps = input.to_type(type).detach().requires_grad_();
            Tensor output = layer(new ForwardContext(leaves, Training: true), maps);
            output.backward([Numbers.Normal(1001, output.shape).to_type(type)]);
            using var inference = no_grad();
            Tensor predicted = layer(new ForwardContext(leaves, Training: false), maps.detach());
            return [predicted, output.detach(), maps.grad!, .. leaves.Select(leaf => leaf.grad!)];
        }
    }
}
