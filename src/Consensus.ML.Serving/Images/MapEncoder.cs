using Consensus.Imaging;

namespace Consensus.ML.Serving.Images;

/// <summary>Writes maps with the writers of Consensus.Imaging.</summary>
internal sealed class MapEncoder : IMapEncoder
{
    /// <inheritdoc/>
    public byte[] Nifti(IReadOnlyList<Slice> maps, DecodedImage image, bool isNative, bool compress) => throw new NotSupportedException();

    /// <inheritdoc/>
    public byte[] Tiff(Slice map) => throw new NotSupportedException();

    /// <inheritdoc/>
    public byte[] Png(Slice map) => throw new NotSupportedException();
}
