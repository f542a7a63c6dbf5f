using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;

namespace Consensus.ML.Serving.Images;

/// <summary>Writes maps with the writers of Consensus.Imaging.</summary>
internal sealed class MapEncoder : IMapEncoder
{
    /// <inheritdoc/>
    public byte[] Nifti(IReadOnlyList<Slice> maps, DecodedImage image, bool isNative, bool compress)
    {
        using var stream = new MemoryStream();
        if (image.Axis is { } axis && isNative)
        {
            NiftiFile.WriteVolume(stream, maps, image.Header!, axis, compress);
        }
        else if (image.Axis is not null)
        {
            throw new InvalidDataException(
                "The maps of a volume have a place in it at the volume's own size only: ask for size=native, or for application/json.");
        }
        else
        {
            NiftiFile.WriteSlice(stream, maps[0], isNative ? image.Header : null, compress);
        }

        return stream.ToArray();
    }

    /// <inheritdoc/>
    public byte[] Tiff(Slice map)
    {
        using var stream = new MemoryStream();
        TiffFile.WriteSlice(stream, map);
        return stream.ToArray();
    }

    /// <inheritdoc/>
    public byte[] Png(Slice map) => GreyPng.Write(map);
}
