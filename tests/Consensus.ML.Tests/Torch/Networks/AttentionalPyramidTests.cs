using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>DAF (Wang et al. 2018): an output for each level before and after it is refined, and the mean of the refined ones.</summary>
public sealed class AttentionalPyramidTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Each_level_has_two_outputs_of_the_image_s_size_and_the_refined_ones_are_averaged(int patch)
    {
        using var scope = NewDisposeScope();
        var layout = new WeightLayout();
        var network = new AttentionalPyramid(
            layout, new NetworkOptions { ChannelMultipliers = [1, 2, 1], ResidualBlocks = 1, PatchSize = patch }, 1, 1);
        using WeightSet set = WeightSet.Initialize(layout, CPU, 1);
        using (no_grad())
        {
            // Of the last layers only the biases speak: 1, 2 and 3 before the levels are refined, and 10, 20 and 60 after.
            foreach ((string output, double bias) in (ReadOnlySpan<(string, double)>)[
                ("level1.out.0", 1), ("level2.out.0", 2), ("level3.out.0", 3),
                ("level1.out.1", 10), ("level2.out.1", 20), ("level3.out.1", 60)])
            {
                Set($"{output}.weight", 0);
                Set($"{output}.bias", bias);
            }
        }

        var context = new ForwardContext(set.Weights, Training: true);
        Tensor images = randn(2, 1, 16, 24);
        IReadOnlyList<Tensor> outputs = network.EveryOutput(context, images);
        Assert.Equal([1, 2, 3, 10, 20, 60], outputs.Select(output => output.mean().item<float>()));
        Assert.All(outputs, output => Assert.Equal([2, 1, 16, 24], output.shape));
        Assert.All(network.Forward(context, images).data<float>().ToArray(), value => Assert.Equal(30, value, 1e-4f));

        void Set(string name, double value) =>
            set.Weights[layout.Specs.Select(spec => spec.Name).ToList().IndexOf(name)].FillInPlace(value);
    }

    [Fact]
    public void Each_level_refines_its_own_features_by_its_own_attention()
    {
        using var scope = NewDisposeScope();
        var layout = new WeightLayout();
        var network = new AttentionalPyramid(layout, new NetworkOptions { ChannelMultipliers = [1, 1], ResidualBlocks = 1 }, 1, 1);
        using WeightSet set = WeightSet.Initialize(layout, CPU, 1);
        using var none = no_grad();
        Tensor images = randn(1, 1, 16, 16);
        string[] names = [.. layout.Specs.Select(spec => spec.Name)];
        foreach (Tensor output in names.Select((name, i) => (name, i)).Where(one => one.name.Contains(".out.", StringComparison.Ordinal))
            .Select(one => set.Weights[one.i]))
        {
            output.FillInPlace(0.1);
        }

        float[][] before = Outputs();
        set.Weights[Array.IndexOf(names, "level2.attention.weight")].TimesInPlace(50);
        float[][] after = Outputs();

        // Two outputs before the levels are refined, then two after. Only the attention of the second level has changed.
        Assert.Equal([true, true, true, false], before.Zip(after, (one, other) => one.SequenceEqual(other)));

        float[][] Outputs() => [.. network.EveryOutput(new(set.Weights, Training: true), images)
            .Select(output => output.data<float>().ToArray())];
    }
}
