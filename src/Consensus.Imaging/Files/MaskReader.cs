using System.Globalization;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>Reads the masks that several raters drew on one image. Each rater has one file.</summary>
public static class MaskReader
{
    /// <summary>
    /// Reads one mask per file. A pixel is marked when its value is not 0, so that 0/1, 0/255 and 0/−1 (255 in signed bytes) mean the
    /// same. In a colour picture, black pixels are not marked, and the pixels of one other colour are marked.
    /// </summary>
    /// <param name="paths">One file per rater, in the order of the raters; at least one.</param>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is not an image, has more than one channel, holds more than one non-zero value or colour, holds a value that is not a
    /// number, or has another size than the first. The message names the file.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static RaterMasks Read(IReadOnlyList<string> paths) => Read(paths, (SliceGrid?)null, null, null);

    /// <summary>
    /// Reads one mask per file, as <see cref="Read(IReadOnlyList{string})"/>, in the frame of the image that the masks were drawn on.
    /// </summary>
    /// <remarks>
    /// Masks must lie on the image's grid. If a mask's affine says that it is stored in another orientation, the mask is turned into the
    /// image's frame. From a volume, the slice at the image's position is read. If a file does not store a position, it is assumed to lie
    /// like the image.
    /// </remarks>
    /// <param name="paths">One file per rater, in the order of the raters; at least one.</param>
    /// <param name="image">The image: a path as in <see cref="SliceReader.Read(string)"/>. Only its header is read.</param>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// See <see cref="Read(IReadOnlyList{string})"/>; or a mask does not lie on the image's grid, and the message names both files and the
    /// difference.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static RaterMasks Read(IReadOnlyList<string> paths, string image)
    {
        ArgumentException.ThrowIfNullOrEmpty(image);
        return Read(paths, SliceGrid.Read(image), null, null);
    }

    /// <summary>Reads the masks, and keeps volumes open so that the next masks are read faster.</summary>
    /// <param name="paths">One file per rater.</param>
    /// <param name="image">The image's grid; null to use the first mask's grid.</param>
    /// <param name="volumes">Keeps volumes open; null to open them each time.</param>
    /// <param name="notes">
    /// Collects which masks were turned and which positions were assumed; may be null. If an image is given, the notes of its grid are
    /// used instead.
    /// </param>
    internal static RaterMasks Read(IReadOnlyList<string> paths, SliceGrid? image, OpenVolumes? volumes, GridNotes? notes)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
        {
            throw new ArgumentException("At least one mask file is needed, but none was given.", nameof(paths));
        }

        SliceGrid? grid = image;
        byte[]? pixels = null;
        int height = 0, width = 0;
        for (int rater = 0; rater < paths.Count; rater++)
        {
            string path = paths[rater];
            Slice mask = SliceReader.ReadOnto(grid, path, rater, paths.Count, volumes);
            if (grid is null || (!grid.Geometry.HasPosition && mask.Geometry.HasPosition))
            {
                // A picture stores no position. The masks must still agree with each other.
                grid = SliceGrid.FromSlice(mask, notes);
            }

            byte[] marks = ToMarks(mask, path);
            if (pixels is null)
            {
                (height, width) = (mask.Height, mask.Width);
                pixels = new byte[checked(paths.Count * height * width)];
            }

            marks.CopyTo(pixels.AsSpan(rater * height * width));
        }

        return new RaterMasks(paths.Count, height, width, pixels!);
    }

    /// <summary>Turns a mask into marks, 0 or 1 for each pixel. All readers of masks use this rule.</summary>
    /// <param name="mask">The mask as read.</param>
    /// <param name="path">Its file, as it was named.</param>
    /// <exception cref="InvalidDataException">
    /// It has several channels, holds more than one non-zero value or colour, or holds a value that is not a number.
    /// </exception>
    internal static byte[] ToMarks(Slice mask, string path)
    {
        float[] values = mask.Pixels;
        if (mask.Channels == 3 && SliceReader.ReadFormat(path) != ImageFormat.Nifti)
        {
            values = WithoutColour(mask, path);
        }
        else if (mask.Channels != 1)
        {
            throw new InvalidDataException($"'{path}' has {mask.Channels} channels, but a mask has one.");
        }

        var marks = new byte[mask.Height * mask.Width];
        MaskMarks.MarkNonZero(values, marks, $"'{path}'", () => LossyHint(path));
        return marks;
    }

    /// <summary>The pixels as one channel: 0 for black, 1 for the other colour.</summary>
    private static float[] WithoutColour(Slice mask, string path)
    {
        int size = mask.Height * mask.Width;
        ReadOnlySpan<float> red = mask.Pixels.AsSpan(0, size), green = mask.Pixels.AsSpan(size, size),
            blue = mask.Pixels.AsSpan(2 * size, size);
        float[] values = new float[size];
        (float, float, float) marked = default;
        for (int i = 0; i < size; i++)
        {
            (float, float, float) colour = (red[i], green[i], blue[i]);
            if (colour == default)
            {
                continue;
            }

            if (marked != default && colour != marked)
            {
                throw new InvalidDataException(
                    $"'{path}' holds the colours {DistinctColours(mask)}, but a mask holds black and one other colour.{LossyHint(path)}");
            }

            marked = colour;
            values[i] = 1;
        }

        return values;
    }

    private static string LossyHint(string path)
    {
        ImageFormat format = SliceReader.ReadFormat(path);
        return format != ImageFormat.Nifti && RasterFormats.Get(format) is { ExactBits: 0 } lossy
            ? $" {lossy.Name} changes values a little wherever they meet: export masks as PNG, or convert this one with 'magick "
                + $"mask{lossy.Extensions[0]} -threshold 50% mask.png'."
            : "";
    }

    /// <summary>The first few colours, in the order in which they appear.</summary>
    private static string DistinctColours(Slice mask)
    {
        int size = mask.Height * mask.Width;
        return MaskMarks.FirstFew(Enumerable.Range(0, size)
            .Select(i =>
                string.Create(CultureInfo.InvariantCulture, $"({mask.Pixels[i]}, {mask.Pixels[size + i]}, {mask.Pixels[(2 * size) + i]})"))
            .Distinct());
    }
}
