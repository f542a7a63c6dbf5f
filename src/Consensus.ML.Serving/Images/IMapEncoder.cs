using Consensus.Imaging;

namespace Consensus.ML.Serving.Images;

/// <summary>Writes maps as files in memory.</summary>
internal interface IMapEncoder
{
    /// <summary>Writes a map as NIfTI.</summary>
    /// <param name="maps">The map of each slice.</param>
    /// <param name="image">The image that they belong to.</param>
    /// <param name="isNative">Whether the maps have the image's size, and so its geometry.</param>
    /// <param name="compress">Whether to compress with gzip.</param>
    byte[] Nifti(IReadOnlyList<Slice> maps, DecodedImage image, bool isNative, bool compress);

    /// <summary>Writes the map of one slice as a TIFF of single-precision values.</summary>
    byte[] Tiff(Slice map);

    /// <summary>Writes the map of one slice, of one channel, as a PNG of 16 bits: 65535 stands for 1.</summary>
    byte[] Png(Slice map);
}
