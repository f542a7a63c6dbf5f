using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>The number of operations behind the rates of benchmarks, counted by hand for the smallest network.</summary>
public sealed class OperationCountTests
{
    [Fact]
    public void A_pass_of_the_unet_by_hand()
    {
        using var scope = NewDisposeScope();
        var options = new NetworkOptions
        {
            ModelChannels = 32,
            ChannelMultipliers = [1],
            ResidualBlocks = 1,
            AttentionResolutions = [],
            EncoderBlocks = 1,
            EncoderWidth = 4,
            EncoderGrowth = 2,
        };
        var network = new ConsensusNetwork(options, imageSide: 8, imageChannels: 1, levels: 3, learnedVariance: true);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, seed: 1);
        var operations = new OperationCount();
        var context = new ForwardContext(weights.Weights, Training: false);
        Tensor features = network.EncodeImage(context, zeros(1, 1, 8, 8));
        network.Forward(
            context with { Operations = operations }, zeros(3, 1, 8, 8), features, zeros(3, ScalarType.Int64),
            tensor(new long[] { 1, 2, 3 }));

        // 64 pixels of 32 channels are 2048 outputs of a map. A 3×3 convolution takes 9 terms for each channel.
        const long outputs = 2048, nine = 9 * 32;
        long input = outputs * 9, residual = 2 * outputs * nine, up = (outputs * 2 * nine) + (outputs * nine) + (outputs * 64),
            last = 2 * 64 * nine;
        long attention = (outputs * (3 + 1) * 32) + (2 * outputs * 64);
        long middle = (2 * residual) + attention;
        Assert.Equal(3 * 2 * (input + residual + middle + (2 * up) + last), operations.Total);
    }
}
