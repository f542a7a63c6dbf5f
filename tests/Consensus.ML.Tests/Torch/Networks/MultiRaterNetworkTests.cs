using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>MRNet (Ji et al. 2021): what the raters' expertise does.</summary>
public sealed class MultiRaterNetworkTests
{
    [Fact]
    public void The_cell_is_a_step_of_a_convolutional_LSTM_that_begins_with_the_embedded_expertise()
    {
        using var scope = NewDisposeScope();
        var layout = new WeightLayout();
        var cell = new ExpertiseCell(layout, "cell", raters: 2, channels: 1);

        // Embedding 2·v1 − 4·v2 + 1. The gates read nothing, and their biases are ln 3, 0, −ln 3 and 0.5: three quarters of what comes in,
        // half of what was there, a quarter of what goes out.
        float three = MathF.Log(3);
        Tensor[] weights =
        [
            tensor(new float[] { 2, -4 }).view(1, 2), tensor(new float[] { 1 }), zeros(4, 2, 3, 3),
            tensor(new[] { three, 0, -three, 0.5f }),
        ];
        Assert.Equal(layout.Specs.Select(spec => spec.Shape), weights.Select(weight => weight.shape));
        float[] found = cell.Forward(new(weights, Training: true), randn(1, 1, 2, 2), tensor(new[] { 0.25f, 0.75f }).view(1, 2))
            .data<float>()
            .ToArray();
        double state = (2 * 0.25) - (4 * 0.75) + 1, memory = (0.5 * state) + (0.75 * Math.Tanh(0.5));
        Assert.Equal(4, found.Length);
        Assert.All(found, value => Assert.Equal(0.25 * Math.Tanh(memory), value, 1e-6));
    }

    [Fact]
    public void Another_expertise_gives_another_map_and_the_shapes_are_those_of_the_modules()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var layout = new WeightLayout();
        var network = new MultiRaterNetwork(
            layout, new NetworkOptions { ChannelMultipliers = [1, 1], ResidualBlocks = 1, AttentionResolutions = [] }, 16, 1, 3);
        using WeightSet set = WeightSet.Initialize(layout, CPU, 1);
        using var generator = new Generator(7, CPU);
        foreach (Tensor weight in set.Weights)
        {
            weight.PlusInPlace(randn(weight.shape, generator: generator).TimesInPlace(0.1));
        }

        Tensor images = randn([1, 1, 16, 16], generator: generator);
        Tensor first = Map(1, 0, 0), again = Map(1, 0, 0), third = Map(0, 0, 1), equal = Map(1 / 3f, 1 / 3f, 1 / 3f);

        // The refined map, the masks of three raters, the first map.
        Assert.Equal([1, 5, 16, 16], first.shape);
        Assert.Equal(0, Distance(first, again));
        for (int map = 0; map < 5; map++)
        {
            Assert.True(Distance(first.select(1, map), third.select(1, map)) > 1e-3, $"map {map}");
            Assert.True(Distance(first.select(1, map), equal.select(1, map)) > 1e-3, $"map {map}");
        }

        Tensor Map(params float[] expertise) => network.Forward(
            new(set.Weights, Training: false), images, tensor(expertise).view(1, 3));
        static double Distance(Tensor one, Tensor other) => (one - other).abs().max().item<float>();
    }
}
