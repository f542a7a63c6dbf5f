using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>FCN-8s (Long et al. 2015): scores at three scales, and their sum by hand.</summary>
public sealed class FullyConvolutionalNetworkTests
{
    private static readonly FullyConvolutionalOptions Small = new()
    {
        Convolutions = [1, 2, 1, 1, 1], ChannelMultipliers = [1, 2, 1, 1, 1], HeadMultiplier = 2,
    };

    [Fact]
    public void Scores_have_an_eighth_a_sixteenth_and_a_thirty_second_of_each_side()
    {
        using var scope = NewDisposeScope();
        (FullyConvolutionalNetwork network, IReadOnlyList<Tensor> weights) = Create();
        var context = new ForwardContext(weights, Training: true);
        Assert.Equal("3×2×2×3, 3×2×4×6, 3×2×8×12", Shapes(zeros(3, 1, 64, 96)));

        // Sides that cannot be halved so often are pooled with what is left over.
        Assert.Equal("1×2×2×2, 1×2×3×3, 1×2×5×5", Shapes(zeros(1, 1, 40, 40)));
        Assert.Equal([1, 2, 40, 40], network.Forward(context, zeros(1, 1, 40, 40)).shape);

        string Shapes(Tensor images) =>
            string.Join(", ", network.Scores(context, images).Select(score => string.Join('×', score.shape)));
    }

    [Fact]
    public void The_scores_are_enlarged_and_added_from_coarse_to_fine()
    {
        using var scope = NewDisposeScope();
        Tensor at16 = tensor(new float[] { 1, 2, 3, 4 }).view(1, 1, 2, 2), at8 = zeros(1, 1, 4, 4);
        at8[0, 0, 0, 3] = 100;

        // The sum at 1/16 is 9 10 / 11 12: it rises by 1 to the right and by 2 downwards. Enlarged twice, pixel centres lie at −1/4, 1/4,
        // 3/4 and 5/4 of the way, and those outside take the value at the edge.
        float[] way = [0, 0.25f, 0.75f, 1];
        float[] sum = [.. way.SelectMany(down => way.Select(right => 9 + right + (2 * down)))];
        sum[3] += 100;
        Tensor found = FullyConvolutionalNetwork.SkipSum(tensor(new float[] { 8 }).view(1, 1, 1, 1), at16, at8, [4, 4]);
        Assert.Equal(sum, found.data<float>().ToArray());
        Assert.Equal([1, 1, 32, 32], FullyConvolutionalNetwork.SkipSum(at16, at16, at8, [32, 32]).shape);
    }

    [Fact]
    public void Every_scale_counts_in_the_output()
    {
        using var scope = NewDisposeScope();
        (FullyConvolutionalNetwork network, IReadOnlyList<Tensor> weights) = Create();
        var layout = new WeightLayout();
        _ = new FullyConvolutionalNetwork(layout, "", Small, 32, 1, 2);

        // Scores start at zero, so only their biases speak: 1 + 20 + 300.
        foreach ((string name, float value) in new[] { ("score8.bias", 1f), ("score16.bias", 20f), ("score32.bias", 300f) })
        {
            weights[layout.Specs.Select(spec => spec.Name).ToList().IndexOf(name)].FillInPlace(value);
        }

        float[] output = network.Forward(new(weights, Training: true), randn(1, 1, 64, 64)).data<float>().ToArray();
        Assert.Equal(2 * 64 * 64, output.Length);
        Assert.All(output, value => Assert.Equal(321, value, 1e-3f));
    }

    private static (FullyConvolutionalNetwork Network, IReadOnlyList<Tensor> Weights) Create()
    {
        var layout = new WeightLayout();
        var network = new FullyConvolutionalNetwork(layout, "", Small, 32, 1, 2);
        using WeightSet set = WeightSet.Initialize(layout, CPU, 1);
        return (network, [.. set.Weights.Select(weight => weight.clone())]);
    }
}
