using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The file for a predicted map. It has the format of the image where that format keeps every value, so that the same programs open
/// both.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Image">The image that the map belongs to.</param>
/// <param name="Format">The format of the file.</param>
internal sealed record MapFile(string Path, string Image, ImageFormat Format)
{
    /// <summary>What the name of the file of a soft map ends with.</summary>
    public const string Soft = "_soft";

    /// <summary>
    /// The file of a map: <c>.nii.gz</c> for a NIfTI image, <c>.tif</c> for a picture, because TIFF is the only picture format that holds
    /// fractions.
    /// </summary>
    /// <param name="folder">The folder to write to.</param>
    /// <param name="name">Its name without the ending, such as <c>case01_soft</c>.</param>
    /// <param name="raterCase">The case. Its first image decides the format.</param>
    public static MapFile ForCase(string folder, string name, RaterCase raterCase)
    {
        string image = raterCase.ImagePaths[0];
        (string nifti, string tiff) = PossiblePaths(folder, name);
        return SliceReader.ReadFormat(image) == ImageFormat.Nifti
            ? new(nifti, image, ImageFormat.Nifti)
            : new(tiff, image, ImageFormat.Tiff);
    }

    /// <summary>The names that the file of a map can have. Which of them it has depends on the image.</summary>
    public static (string Nifti, string Tiff) PossiblePaths(string folder, string name) =>
        (System.IO.Path.Combine(folder, $"{name}.nii.gz"), System.IO.Path.Combine(folder, $"{name}.tif"));

    /// <summary>Writes the map. The file appears only when it is complete.</summary>
    /// <param name="maps">The map; for a volume, the maps of all its slices.</param>
    /// <param name="axis">The axis along which the volume was cut; null for a slice.</param>
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
