namespace Consensus.ML.Torch.Kernels;

/// <summary>What a group normalisation of one sample is of.</summary>
/// <param name="Channels">Number of channels, a multiple of 32.</param>
/// <param name="Pixels">Number of pixels.</param>
/// <param name="Groups">Number of groups of channels, a divisor of <paramref name="Channels"/>.</param>
/// <param name="Epsilon">ε, which is added to a variance.</param>
internal readonly record struct GroupNormShape(int Channels, int Pixels, int Groups, double Epsilon)
{
    /// <summary>Channels of a group.</summary>
    public int ChannelsOfGroup => Channels / Groups;
}
