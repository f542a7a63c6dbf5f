using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Reads the size of each row's image, and collects the axes along which slices lie in their volumes.</summary>
/// <param name="image">The column of slices; null where there is none.</param>
/// <param name="picture">The column of ML.NET's pictures; null where there is none.</param>
/// <param name="imagePath">The column of paths; null where there is none, or where another column gives the size.</param>
/// <param name="height">Rows of the model's slices.</param>
/// <param name="width">Columns of the model's slices.</param>
internal sealed class ImageSizes(
    DataViewSchema.Column? image,
    DataViewSchema.Column? picture,
    DataViewSchema.Column? imagePath,
    int height,
    int width)
{
    private readonly SortedSet<int> _axes = [];

    /// <summary>The axes of all rows read so far, in ascending order; empty for single slices and pictures.</summary>
    public IReadOnlyList<int> VolumeAxes => [.. _axes];

    /// <summary>The size and name of the image of the current row; null where the row does not say.</summary>
    public Func<(int Height, int Width, string Name)?> Getter(DataViewRow row)
    {
        if (image is { } imageColumn)
        {
            Func<Slice> getter = row.SliceGetter(imageColumn);
            return () =>
            {
                Slice slice = getter();
                Note(slice.Axis, slice.Source);
                return (slice.Height, slice.Width, slice.Source is null ? "from memory" : $"'{slice.Source}'");
            };
        }

        if (picture is { } pictureColumn)
        {
            Func<MLImage?> getter = PictureColumn.Getter(row, pictureColumn);

            // A picture of the model's size may already have been resized. Its original size is then unknown.
            return () => getter() is { } shown && (shown.Height, shown.Width) != (height, width)
                ? (shown.Height, shown.Width, $"in column '{pictureColumn.Name}'")
                : null;
        }

        if (imagePath is { } pathColumn)
        {
            Func<string[]> getter = PathsColumn.Getter(row, pathColumn);
            return () =>
            {
                if (getter() is not [{ Length: > 0 } path, ..])
                {
                    return null;
                }

                Note(SliceAddress.Parse(path).Axis, path);
                return SizeOfFile(path);
            };
        }

        return () => null;
    }

    /// <summary>
    /// Collects an axis. Many programs add a third axis of length 1 to a single slice; it does not say how a volume would be cut, and is
    /// left out.
    /// </summary>
    private void Note(int? axis, string? source)
    {
        if (axis is { } along && (along != 2 || (source is not null && SliceAddress.Parse(source).Index is not null)))
        {
            _axes.Add(along);
        }
    }

    /// <summary>The size of an image file; null for a format that this library does not read and another loader has read.</summary>
    private static (int Height, int Width, string Name)? SizeOfFile(string path)
    {
        if (!GridColumn.IsOurs(path))
        {
            return null;
        }

        (_, int height, int width) = SliceReader.ReadSize(path);
        return (height, width, $"'{path}'");
    }
}
