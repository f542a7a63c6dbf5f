namespace Consensus.Imaging.Formats.Raster;

/// <summary>Checks that the readers of all raster formats share, with the same messages.</summary>
internal static class RasterLimits
{
    /// <summary>Refuses a header that promises too much, before memory is allocated for it.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="height">Rows that the header promises.</param>
    /// <param name="width">Columns that the header promises.</param>
    /// <param name="packed">Bytes of all pixels before compression.</param>
    /// <param name="ratio">The largest number of bytes that one byte of the file can unpack to; 0 if there is no limit.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <exception cref="InvalidDataException">
    /// The size is 0 or above <see cref="ImageLimits"/>, or the file is too short for it.
    /// </exception>
    public static void CheckPromise(string path, long channels, long height, long width, Int128 packed, int ratio, long fileLength)
    {
        if (height < 1 || width < 1 || channels < 1)
        {
            throw new InvalidDataException($"'{path}' is damaged: its header promises {height}×{width} pixels (height × width).");
        }

        if (channels > ImageLimits.MaximumChannels)
        {
            throw new InvalidDataException($"'{path}' has {channels} channels, but a slice has {ImageLimits.MaximumChannels} at most.");
        }

        if ((Int128)height * width * channels > ImageLimits.MaximumValues)
        {
            throw new InvalidDataException(
                $"'{path}' promises {channels}×{height}×{width} values (channels × height × width), but a slice has "
                + $"{ImageLimits.MaximumValues} at most.");
        }

        if (ratio > 0 && packed > (Int128)fileLength * ratio)
        {
            throw new InvalidDataException(
                $"'{path}' is truncated or damaged: its header promises {height}×{width} pixels (height × width), which "
                + $"its {fileLength} bytes cannot hold.");
        }
    }

    /// <summary>The exception for a file with transparent pixels.</summary>
    /// <param name="path">The file, for the message.</param>
    public static InvalidDataException Transparent(string path) =>
        new($"'{path}' is partly transparent, and what a transparent pixel shows depends on the viewer: save it without transparency.");
}
