using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>How time and level reach a residual block.</summary>
public sealed class ScaleShiftTests
{
    [Fact]
    public void What_is_added_before_a_normalisation_of_one_channel_a_group_is_taken_away_again_and_a_scale_and_shift_behind_it_is_not()
    {
        // Not equal to the bit, because means are rounded.
        Assert.True(DifferenceBetweenLevels(channels: 32, scaleShift: false) < 1e-5);
        Assert.True(DifferenceBetweenLevels(channels: 64, scaleShift: false) > 1e-2);
        Assert.True(DifferenceBetweenLevels(channels: 32, scaleShift: true) > 1e-2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scale_and_shift_are_the_halves_of_what_the_embedding_gives(bool training)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(4, CPU);
        var layout = new WeightLayout();
        var block = new ResidualBlock(layout, "block", inputs: 32, outputs: 64, embeddingWidth: 6, scaleShift: true);
        Dictionary<string, Tensor> weights = layout.Specs.ToDictionary(
            spec => spec.Name["block.".Length..], spec => randn(spec.Shape, generator: generator));
        Tensor input = randn([2, 32, 5, 4], generator: generator), embedding = randn([2, 6], generator: generator);

        // The same written out for this block: normalisation over 32 groups, silu(a) = a / (1 + e^−a).
        Tensor hidden = Convolved(Silu(Normed(input, "in_layers.0")), "in_layers.2", padding: 1);
        Tensor told = embedding.matmul(weights["emb_layers.1.weight"].t()).Plus(weights["emb_layers.1.bias"]);
        Tensor normed = Normed(hidden, "out_layers.0");
        Tensor scaled = (normed * told[TensorIndex.Ellipsis, TensorIndex.Slice(0, 64)].reshape(2, 64, 1, 1).Plus(1))
            .Plus(told[TensorIndex.Ellipsis, TensorIndex.Slice(64, 128)].reshape(2, 64, 1, 1));
        Tensor expected = Convolved(Silu(scaled), "out_layers.3", padding: 1).Plus(Convolved(input, "skip_connection", padding: 0));

        Tensor given = block.Forward(
            new ForwardContext([.. layout.Specs.Select(spec => weights[spec.Name["block.".Length..]])], training),
            input.clone(),
            embedding);
        Assert.True((given - expected).abs().max().item<float>() < 1e-4 * expected.abs().max().item<float>());

        Tensor Normed(Tensor x, string name)
        {
            long channels = x.shape[1];
            Tensor grouped = x.reshape(x.shape[0], 32, -1);
            Tensor centred = grouped - grouped.mean([2], keepdim: true);
            Tensor whitened = (centred / centred.Power(2).mean([2], keepdim: true).Plus(1e-5).sqrt()).reshape(x.shape);
            return (whitened * weights[$"{name}.weight"].reshape(1, channels, 1, 1))
                .Plus(weights[$"{name}.bias"].reshape(1, channels, 1, 1));
        }

        Tensor Convolved(Tensor x, string name, long padding) =>
            functional.conv2d(x, weights[$"{name}.weight"], weights[$"{name}.bias"], padding: [padding, padding]);

        static Tensor Silu(Tensor x) => x / (-x).exp().Plus(1);
    }

    [Fact]
    public void Only_the_embeddings_of_the_blocks_are_wider()
    {
        Dictionary<string, long[]> added = Shapes(false), scaled = Shapes(true);
        Assert.Equal(added.Keys, scaled.Keys);
        string[] wider = [.. added.Keys.Where(name => !added[name].SequenceEqual(scaled[name]))];
        Assert.Equal(added.Keys.Where(name => name.Contains(".emb_layers.1.", StringComparison.Ordinal)), wider);
        Assert.All(wider, name => Assert.Equal(2 * added[name][0], scaled[name][0]));

        static Dictionary<string, long[]> Shapes(bool scaleShift) =>
            Network(32, scaleShift).Layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);
    }

    /// <summary>How much the output of a network of one resolution changes with the level, relative to its size.</summary>
    private static double DifferenceBetweenLevels(int channels, bool scaleShift)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(2, CPU);
        ConsensusNetwork network = Network(channels, scaleShift);
        Tensor[] weights = [.. network.Layout.Specs.Select(spec => randn(spec.Shape, generator: generator).TimesInPlace(0.1))];
        var context = new ForwardContext(weights, Training: false);
        Tensor image = randn([1, 1, 16, 16], generator: generator), noise = randn([1, 1, 16, 16], generator: generator);
        Tensor first = Run(1), last = Run(3);
        return ((first - last).abs().max() / first.abs().max()).item<float>();

        Tensor Run(long level) =>
            network.Forward(context, noise, network.EncodeImage(context, image), tensor(new long[] { 50 }), tensor(new[] { level }));
    }

    private static ConsensusNetwork Network(int channels, bool scaleShift) => new(
        new NetworkOptions
        {
            ModelChannels = channels,
            ChannelMultipliers = [1],
            ResidualBlocks = 1,
            AttentionResolutions = [],
            EncoderBlocks = 1,
            EncoderWidth = 4,
            EncoderGrowth = 2,
            ScaleShiftNorm = scaleShift,
        },
        imageSide: 16, imageChannels: 1, levels: 3, learnedVariance: false);
}
