using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

public sealed class NoiseStartTests
{
    [Fact]
    public void A_new_network_whose_noise_starts_at_zero_sees_the_image_alone()
    {
        Assert.Equal(0, Difference(noiseStartsAtZero: true, changeNoise: true));
        Assert.True(Difference(noiseStartsAtZero: true, changeNoise: false) > 1e-3);
        Assert.True(Difference(noiseStartsAtZero: false, changeNoise: true) > 1e-3);
    }

    [Fact]
    public void Nothing_but_the_first_convolution_starts_otherwise()
    {
        Dictionary<string, Initialization> published = Specs(false), quiet = Specs(true);
        Assert.Equal(
            ["input_blocks.0.0.bias", "input_blocks.0.0.weight"],
            published.Keys.Where(name => published[name] != quiet[name]).Order(StringComparer.Ordinal));
        Assert.Equal(published.Keys, quiet.Keys);

        static Dictionary<string, Initialization> Specs(bool noiseStartsAtZero) =>
            Network(noiseStartsAtZero).Layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Initialization);
    }

    /// <summary>How much the output of a new network changes with x_t, or with the image.</summary>
    private static double Difference(bool noiseStartsAtZero, bool changeNoise)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(2, CPU);
        ConsensusNetwork network = Network(noiseStartsAtZero);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, seed: 1);

        // The last convolution starts at zero in every new network, and would hide all changes.
        weights.Weights[network.Layout.Specs.ToList().FindIndex(spec => spec.Name == "out.2.weight")].FillInPlace(0.1);
        var context = new ForwardContext(weights.Weights, Training: false);
        Tensor image = randn([1, 1, 8, 8], generator: generator), noise = randn([1, 1, 8, 8], generator: generator),
            other = randn([1, 1, 8, 8], generator: generator);
        Tensor before = Run(image, noise), after = changeNoise ? Run(image, other) : Run(other, noise);
        return (before - after).abs().max().item<float>();

        Tensor Run(Tensor seen, Tensor noisy) =>
            network.Forward(context, noisy, network.EncodeImage(context, seen), zeros(1, ScalarType.Int64), ones(1, ScalarType.Int64));
    }

    private static ConsensusNetwork Network(bool noiseStartsAtZero) => new(
        new NetworkOptions
        {
            ModelChannels = 32, ChannelMultipliers = [1], ResidualBlocks = 1, AttentionResolutions = [], EncoderBlocks = 1,
            EncoderWidth = 4, EncoderGrowth = 2, NoiseStartsAtZero = noiseStartsAtZero,
        },
        imageSide: 8, imageChannels: 1, levels: 3, learnedVariance: true);
}
