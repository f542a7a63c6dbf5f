using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

public sealed class CoordinatesTests
{
    [Fact]
    public void Rows_columns_and_the_sum_of_their_squares_follow_the_maps_and_the_longer_side_goes_from_minus_1_to_1()
    {
        using var scope = NewDisposeScope();
        Tensor maps = TensorArithmetic.Range(0, 12, ScalarType.Float32, CPU).view(2, 1, 2, 3), appended = Coordinates.Append(maps);
        float[] places =
        [
            -0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f,
            -1, 0, 1, -1, 0, 1,
            1.25f, 0.25f, 1.25f, 1.25f, 0.25f, 1.25f,
        ];
        Assert.Equal([2, 4, 2, 3], appended.shape);
        Assert.Equal([0, 1, 2, 3, 4, 5, .. places, 6, 7, 8, 9, 10, 11, .. places], appended.data<float>().ToArray());
    }

    [Fact]
    public void A_single_pixel_lies_in_the_middle_and_other_types_stay()
    {
        using var scope = NewDisposeScope();
        Tensor appended = Coordinates.Append(ones(1, 1, 1, 1, dtype: ScalarType.BFloat16));
        Assert.Equal(ScalarType.BFloat16, appended.dtype);
        Assert.Equal([1, 0, 0, 0], appended.to_type(ScalarType.Float32).data<float>().ToArray());
    }

    [Fact]
    public void With_them_alone_the_encoder_tells_the_middle_of_an_even_image_from_its_sides()
    {
        Assert.Equal(0, Spread(hasCoordinates: false), 1e-6);
        Assert.True(Spread(hasCoordinates: true) > 1e-2);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 7)]
    public void The_first_convolution_of_the_encoder_alone_is_wider(int patch, int channels)
    {
        Dictionary<string, long[]> plain = Shapes(false), wider = Shapes(true);
        Assert.Equal(plain.Keys, wider.Keys);
        Assert.Equal(["rrdb.conv_first.weight"], plain.Keys.Where(name => !plain[name].SequenceEqual(wider[name])));
        Assert.Equal([8, channels, 3, 3], wider["rrdb.conv_first.weight"]);

        Dictionary<string, long[]> Shapes(bool hasCoordinates) =>
            Network(hasCoordinates, patch).Layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);
    }

    /// <summary>
    /// How much the encoding of an image of one value differs between pixels that are too far from the edges to see them.
    /// </summary>
    private static double Spread(bool hasCoordinates)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        ConsensusNetwork network = Network(hasCoordinates, patch: 1);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, seed: 1);
        Tensor encoded = network.EncodeImage(new ForwardContext(weights.Weights, Training: false), ones(1, 1, 64, 64));

        // Nineteen convolutions of 3×3, one after another, see 19 pixels to each side.
        Tensor inner = encoded.narrow(2, 20, 24).narrow(3, 20, 24);
        return (inner.amax(2, 3) - inner.amin(2, 3)).max().item<float>();
    }

    [Fact]
    public void Checkpoints_from_before_there_was_a_choice_mean_none()
    {
        NetworkOptions none = new() { ModelChannels = 32 };
        TrainingFingerprint older = Discs.Fingerprint(none).Before("Network.EncoderCoordinates");
        Assert.Null(Discs.Fingerprint(none).DifferencesFrom(older));
        Assert.Equal(
            "Network.EncoderCoordinates is false there and true here",
            Discs.Fingerprint(none with { EncoderCoordinates = true }).DifferencesFrom(older));
    }

    private static ConsensusNetwork Network(bool hasCoordinates, int patch) => new(
        new NetworkOptions
        {
            ModelChannels = 32, ChannelMultipliers = [1], ResidualBlocks = 1, AttentionResolutions = [], EncoderBlocks = 1,
            EncoderWidth = 8, EncoderGrowth = 4, EncoderCoordinates = hasCoordinates, PatchSize = patch,
        },
        imageSide: 64, imageChannels: 1, levels: null, learnedVariance: false);
}
