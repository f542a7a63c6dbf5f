namespace Consensus.ML.Options;

/// <summary>
/// The shape of a fully convolutional network after Long et al. 2015 ("Fully convolutional networks for semantic segmentation"), for
/// <see cref="UNetKind.FullyConvolutional"/> and <see cref="UNetKind.FixedPoint"/>. <see cref="NetworkOptions.ModelChannels"/> is its
/// number of base channels L; the other options of the U-Net's shape say nothing here.
/// </summary>
public sealed record FullyConvolutionalOptions
{
    /// <summary>
    /// Convolutions of each of the five stages, each from 1 to 8. A stage ends with a pooling that halves each side. Default 1, 1, 2, 2, 2,
    /// as in the VGG network of 11 layers; the paper's has 16 layers and 2, 2, 3, 3, 3 convolutions.
    /// </summary>
    public IReadOnlyList<int> Convolutions { get; init; } = [1, 1, 2, 2, 2];

    /// <summary>Channels of the five stages as multiples of L, each from 1 to 64. Default 1, 2, 4, 8, 8, as in the paper.</summary>
    public IReadOnlyList<int> ChannelMultipliers { get; init; } = [1, 2, 4, 8, 8];

    /// <summary>
    /// Channels of the two convolutions that stand in place of VGG's connected layers, as a multiple of L from 1 to 64. Default 8; the
    /// paper's is 64.
    /// </summary>
    public int HeadMultiplier { get; init; } = 8;
}
