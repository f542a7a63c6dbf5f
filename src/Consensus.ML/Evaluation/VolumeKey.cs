using System.Text.RegularExpressions;
using Consensus.Imaging;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Evaluation;

/// <summary>
/// The volume that a row's image is a slice of: its file, and the name of the case that was cut into slices. Where the names of cases do
/// not show that one, it is the name of the first slice that is read, so that one volume has one name.
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
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        return caseName =>
        {
            if (SliceAddress.VolumeOf(paths()) is not { } volume)
            {
                return null;
            }

            string name = SliceNumber().Replace(caseName, "");
            return new(volume, name.Length < caseName.Length || names.TryAdd(volume, name) ? name : names[volume]);
        };
    }

    // The end of the name that the slices of a volume get.
    [GeneratedRegex("(?<=.)_slice[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex SliceNumber();
}
