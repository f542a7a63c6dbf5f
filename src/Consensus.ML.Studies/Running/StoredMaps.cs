using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Pictures;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// Maps of one size, kept one below the other in a grey PNG picture: for the pictures in the report, and for people who look into the
/// folder. Values in [0, 1] become 0 to 254, so that one half becomes exactly 127. Scores are computed before this rounding.
/// </summary>
internal sealed class StoredMaps(IReadOnlyList<float[]> maps, int height, int width)
{
    /// <summary>The grey value of exactly one half.</summary>
    public const int GreyOfHalf = 127;

    private const float White = 254;

    public IReadOnlyList<float[]> Maps { get; } = maps;

    public int Height { get; } = height;

    public int Width { get; } = width;

    /// <summary>The grey value of a value in [0, 1]. A value that was read has the grey value that the file has.</summary>
    public static byte Grey(float value) => (byte)((White * Math.Clamp(value, 0, 1)) + 0.5f);

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        var picture = new RgbImage(Height * Maps.Count, Width);
        int at = 0;
        foreach (float value in Maps.SelectMany(map => map))
        {
            picture.Pixels.AsSpan(at, 3).Fill(Grey(value));
            at += 3;
        }

        picture.SavePng(path);
    }

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static StoredMaps Read(string path, int height, int width)
    {
        Slice picture = SliceReader.Read(path);
        if (picture.Width != width || picture.Height % height != 0)
        {
            throw new InvalidDataException(
                $"'{path}' is {picture.Height}×{picture.Width} pixels, which is no stack of maps of {height}×{width}: it is damaged. "
                + "Remove it and the file of scores beside it, and --resume makes both again.");
        }

        int size = height * width;
        return new(
            [.. Enumerable.Range(0, picture.Height / height)
                .Select(i => picture.Pixels.AsSpan(i * size, size).ToArray().Select(value => Math.Min(1, value / White)).ToArray())],
            height,
            width);
    }
}
