using System.Text.RegularExpressions;
using Consensus.Imaging;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Evaluation;

/// <summary>
/// The volume that a row's image is a slice of: its file, and the name of the case that was cut into slices. Where the name of the row's
/// case does not show that one, the name is that of the file.
/// </summary>
internal sealed partial record VolumeKey(string Path, string Name)
{
    /// <summary>A getter of a row's volume, null for a row that is no slice of a volume. Its argument is the name of the case.</summary>
    /// <param name="row">The row.</param>
    /// <param name="imagePath">The column with the paths of the images; null if the data has none.</param>
    public static Func<string, VolumeKey?> Getter(DataViewRow row, DataViewSchema.Column? imagePath)
    {
        if (imagePath is not { } column)
        {
            return _ => null;
        }

        Func<string[]> paths = PathsColumn.Getter(row, column);
        return caseName => SliceAddress.VolumeOf(paths()) is { } volume ? new(volume, NameOf(volume, caseName)) : null;
    }

    private static string NameOf(string volume, string caseName)
    {
        string name = SliceNumber().Replace(caseName, "");

        // Other names, such as s0 and s1, may differ between the slices of a volume, which must have one name.
        return name.Length < caseName.Length ? name : Extension().Replace(System.IO.Path.GetFileName(volume), "");
    }

    // The end of the name that the slices of a volume get.
    [GeneratedRegex("(?<=.)_slice[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex SliceNumber();

    [GeneratedRegex(@"(?<=.)\.(nii|hdr|img)(\.gz)?$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Extension();
}
