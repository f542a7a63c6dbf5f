using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The file that a predicted map is written to: of the image's own kind where that keeps every value, so that both
/// open in the same programs.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Image">The image that the map belongs to.</param>
/// <param name="Format">The format of both.</param>
internal sealed record MapFile(string Path, string Image, ImageFormat Format)
{
    /// <summary>
    /// <c>&lt;case&gt;_soft.nii.gz</c> for a NIfTI image; <c>&lt;case&gt;_soft.tif</c> for pictures, of which only TIFF holds fractions.
    /// </summary>
    /// <param name="folder">The folder to write to.</param>
    /// <param name="one">The case; its first image decides.</param>
    public static MapFile Of(string folder, RaterCase one)
    {
        string image = one.ImagePaths[0];
        ImageFormat format = SliceReader.ReadFormat(image);
        return format == ImageFormat.Nifti
            ? new(System.IO.Path.Combine(folder, $"{one.Name}_soft.nii.gz"), image, format)
            : new(System.IO.Path.Combine(folder, $"{one.Name}_soft.tif"), image, ImageFormat.Tiff);
    }

    /// <summary>Writes the map, whole or not at all.</summary>
    /// <param name="maps">One map; of a volume, those of all its slices.</param>
    /// <param name="axis">The axis that the volume was cut along; null for a slice.</param>
    public void Write(IReadOnlyList<Slice> maps, int? axis)
    {
        if (Format != ImageFormat.Nifti)
        {
            TiffFile.WriteSlice(Path, maps[0]);
        }
        else if (axis is { } cut)
        {
            NiftiFile.WriteVolume(Path, maps, geometryFrom: Image, cut);
        }
        else
        {
            NiftiFile.WriteSlice(Path, maps[0], geometryFrom: Image);
        }
    }
}
