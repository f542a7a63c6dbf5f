using Consensus.ML.Options;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// A network that trains in a moment and still has every part: two resolutions, attention at the lower one, and an encoder of the image.
/// </summary>
internal static class SmallNetwork
{
    public static NetworkOptions Options => new()
    {
        ModelChannels = 32,
        ChannelMultipliers = [1, 1],
        ResidualBlocks = 1,
        AttentionResolutions = [8],
        EncoderBlocks = 1,
        EncoderWidth = 4,
        EncoderGrowth = 2,
    };
}
