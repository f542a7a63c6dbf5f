namespace Consensus.ML.Imaging;

/// <summary>Reads the masks that several raters drew on one image, one file each.</summary>
public static class MaskReader
{
    /// <summary>Reads one mask per file. A pixel is marked when its value is above 0, so that 0/1 and 0/255 mean the same.</summary>
    /// <param name="paths">One file per rater, in the order of the raters; at least one.</param>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is no image, has more than one channel, holds more than one non-zero value or one that is no number, or is of another size than the first;
    /// the message names it.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static RaterMasks Read(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
        {
            throw new ArgumentException("At least one mask file is needed, but none was given.", nameof(paths));
        }

        byte[]? pixels = null;
        int height = 0, width = 0;
        for (int rater = 0; rater < paths.Count; rater++)
        {
            Slice mask = SliceReader.Read(paths[rater]);
            if (mask.Channels != 1)
            {
                throw new InvalidDataException($"'{paths[rater]}' has {mask.Channels} channels, but a mask has one.");
            }

            if (pixels is null)
            {
                (height, width) = (mask.Height, mask.Width);
                pixels = new byte[checked(paths.Count * height * width)];
            }
            else if (mask.Height != height || mask.Width != width)
            {
                throw new InvalidDataException($"'{paths[rater]}' has {mask.Height}×{mask.Width} pixels, but '{paths[0]}' has {height}×{width}: the masks of one image must be of one size.");
            }

            Mark(mask.Pixels, pixels.AsSpan(rater * height * width, height * width), paths[rater]);
        }

        return new RaterMasks(paths.Count, height, width, pixels!);
    }

    private static void Mark(ReadOnlySpan<float> values, Span<byte> marks, string path)
    {
        float nonZero = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            if (value != 0)
            {
                if (!float.IsFinite(value))
                {
                    throw new InvalidDataException($"'{path}' holds the value {value}, but a mask holds 0 and one other finite value.");
                }

                if (nonZero != 0 && value != nonZero)
                {
                    throw new InvalidDataException($"'{path}' holds the values {Distinct(values)}, but a mask holds 0 and one other value.");
                }

                nonZero = value;
            }

            marks[i] = value > 0 ? (byte)1 : (byte)0;
        }
    }

    /// <summary>The first few distinct values, in ascending order.</summary>
    private static string Distinct(ReadOnlySpan<float> values)
    {
        const int shown = 6;
        var distinct = new SortedSet<float>();
        foreach (float value in values)
        {
            distinct.Add(value);
            if (distinct.Count > shown)
            {
                return string.Join(", ", distinct.Take(shown)) + ", …";
            }
        }

        return string.Join(", ", distinct);
    }
}
