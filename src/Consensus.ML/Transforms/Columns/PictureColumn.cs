using Consensus.Imaging;
using Consensus.Imaging.Files;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Consensus.ML.Transforms.Columns;

/// <summary>ML.NET's own picture of a row before it was fitted to the model's size.</summary>
internal static class PictureColumn
{
    /// <summary>
    /// The first column of pictures of no declared size, which no step has fitted yet, or else the first of all: pictures in memory
    /// always declare a size, which need not be theirs. A later column of the same name may hide it. Null where there is none.
    /// </summary>
    public static DataViewSchema.Column? FindOriginal(DataViewSchema schema)
    {
        DataViewSchema.Column[] pictures = [.. schema.Where(column => column.Type is ImageDataViewType)];
        return pictures.Length == 0
            ? null
            : pictures.OrderBy(column => column.Type is ImageDataViewType { Height: 0, Width: 0 } ? 0 : 1).First();
    }

    /// <summary>
    /// A getter of pictures. A picture is valid until the next is asked for: a step that loads pictures disposes the one before, and
    /// pictures that were given in memory belong to whoever gave them.
    /// </summary>
    public static Func<MLImage?> Getter(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<MLImage> getter = row.GetGetter<MLImage>(column);
        MLImage? picture = null;
        return () =>
        {
            getter(ref picture!);
            return picture;
        };
    }

    /// <summary>
    /// A getter of the picture's own pixels, where another loader than ours fitted it; null from it where the row does not tell them.
    /// </summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="picture">The column of pictures; null for none.</param>
    /// <param name="path">The column of paths that is read where there are no pictures; null for none.</param>
    public static Func<Slice?> PixelsGetter(DataViewRow row, DataViewSchema.Column? picture, DataViewSchema.Column? path)
    {
        if (picture is { } pictureColumn)
        {
            Func<MLImage?> getter = Getter(row, pictureColumn);
            return () => getter() is { } found ? Colours(found) : null;
        }

        if (path is { } pathColumn)
        {
            Func<string[]> getter = PathsColumn.Getter(row, pathColumn);
            return () => Readable(getter());
        }

        return () => null;
    }

    /// <summary>What another loader took from these files may be more than we read in them.</summary>
    private static Slice? Readable(string[] paths)
    {
        try
        {
            return paths is [{ Length: > 0 }, ..] ? SliceReader.Read(paths) : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return null;
        }
    }

    /// <summary>Red, green and blue, in either order, without the opacity behind them.</summary>
    private static Slice Colours(MLImage picture)
    {
        ReadOnlySpan<byte> stored = picture.Pixels;
        int size = picture.Height * picture.Width;
        var pixels = new float[3 * size];
        for (int pixel = 0; pixel < size; pixel++)
        {
            for (int colour = 0; colour < 3; colour++)
            {
                pixels[(colour * size) + pixel] = stored[(4 * pixel) + colour];
            }
        }

        return new(3, picture.Height, picture.Width, pixels);
    }
}
