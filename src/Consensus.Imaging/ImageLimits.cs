namespace Consensus.Imaging;

/// <summary>
/// The largest slice that is read from a file. Whoever reads a header checks it against these before memory is allocated.
/// </summary>
public static class ImageLimits
{
    /// <summary>The most channels of one file: 8. A longer axis of a NIfTI file is an axis of space.</summary>
    public const int MaximumChannels = 8;

    /// <summary>The most values of one slice, over all its channels: 2²⁸, which take 1 GiB as single-precision values.</summary>
    public const long MaximumValues = 1L << 28;
}
