namespace Consensus.Imaging;

/// <summary>The largest slice that is read from a file. Readers check a header against these limits before they allocate memory.</summary>
public static class ImageLimits
{
    /// <summary>The largest number of channels in one file: 8. A longer axis of a NIfTI file is an axis of space.</summary>
    public const int MaximumChannels = 8;

    /// <summary>The largest number of values in one slice, over all its channels: 2²⁸. They take 1 GiB in single precision.</summary>
    public const long MaximumValues = 1L << 28;
}
