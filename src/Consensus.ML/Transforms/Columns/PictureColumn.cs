using Consensus.Imaging;
using Consensus.Imaging.Files;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Consensus.ML.Transforms.Columns;

/// <summary>Finds ML.NET's own picture of a row, before it was fitted to the model's size.</summary>
internal static class PictureColumn
{
    /// <summary>
    /// The first column of pictures without a declared size, because no step has fitted these pictures yet. If every column declares a
    /// size, the first column of pictures: columns of pictures in memory always declare a size, which may be wrong. A later column of the
    /// same name may hide the column. Null where there are no pictures.
    /// </summary>
    public static DataViewSchema.Column? FindOriginal(DataViewSchema schema)
    {
        DataViewSchema.Column[] pictures = [.. schema.Where(column => column.Type is ImageDataViewType)];
        return pictures.Length == 0
            ? null
            : pictures.OrderBy(column => column.Type is ImageDataViewType { Height: 0, Width: 0 } ? 0 : 1).First();
    }

    /// <summary>
    /// A getter of pictures. A picture is valid until the next call, because a step that loads pictures disposes the previous picture. The
    /// owner of pictures in memory disposes them.
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
    /// A getter of the original pixels of a picture that a different loader fitted. It gives null where the row does not have them.
    /// </summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="picture">The column of pictures; null where there is none.</param>
    /// <param name="path">The column of paths, which is read where there are no pictures; null where there is none.</param>
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

    /// <summary>Reads the files; null where this library cannot read them. A different loader may read more formats.</summary>
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

    /// <summary>The three colours in the order of the picture, without its opacity.</summary>
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
