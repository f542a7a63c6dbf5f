using Consensus.Imaging.Geometry;
using SkiaSharp;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>A format that SkiaSharp decodes. ML.NET uses SkiaSharp for its images too.</summary>
internal abstract class SkiaFormat : RasterFormat
{
    // A code of GIF has at most 12 bits and means at most 4096 pixels. The shortest block of JPEG takes one bit for 64 pixels.
    private const int BestCompression = 4096;

    // Number of bytes at the start of a file that hold headers and tables of colours.
    private const int TableSearchLength = 4096;

    public sealed override Slice Read(Stream stream, string path)
    {
        using SKCodec codec = Open(stream, path, out int channels);
        if (codec.FrameCount > 1)
        {
            throw new InvalidDataException(
                $"'{path}' is an animation of {codec.FrameCount} frames, but a slice is one picture: save the frame that is meant.");
        }

        (int height, int width) = (codec.Info.Height, codec.Info.Width);

        // Without a requested colour space, the values stay as they are stored.
        SKImageInfo info = codec.Info.ColorType == SKColorType.Gray8
            ? new(width, height, SKColorType.Gray8, SKAlphaType.Opaque)
            : new(
                width, height, SKColorType.Rgba8888,
                codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
        byte[] decoded = GC.AllocateUninitializedArray<byte>(info.BytesSize);
        Decode(codec, info, decoded, path);

        Orientation orientation = OrientationOf(codec);
        var pixels = GC.AllocateUninitializedArray<float>(channels * height * width);
        int samples = info.BytesPerPixel;
        float[] values = new float[width * samples];
        for (int row = 0; row < height; row++)
        {
            ReadOnlySpan<byte> stored = decoded.AsSpan(row * width * samples, width * samples);
            SampleUnpacker.Unpack(stored, 8, values);
            if (info.AlphaType != SKAlphaType.Opaque)
            {
                CheckOpaque(stored, path);
            }

            for (int channel = 0; channel < channels; channel++)
            {
                orientation.Place(values.AsSpan(channel), samples, row, 0, width, pixels.AsSpan(channel * height * width, height * width));
            }
        }

        return new Slice(channels, orientation.Height, orientation.Width, pixels, SliceGeometry.None, path);
    }

    public sealed override (int Channels, int Height, int Width) ReadSize(Stream stream, string path)
    {
        using SKCodec codec = Open(stream, path, out int channels);
        Orientation orientation = OrientationOf(codec);
        return (channels, orientation.Height, orientation.Width);
    }

    public sealed override int ReadOrientation(Stream stream, string path)
    {
        using SKCodec codec = Open(stream, path, out _);
        return (int)codec.EncodedOrigin;
    }

    /// <summary>
    /// Whether the file has a table of colours in which all colours are grey. Then it is a picture of greys, but SkiaSharp does not say
    /// so.
    /// </summary>
    /// <param name="start">The first 4096 bytes of the file, or all bytes of a shorter file.</param>
    protected virtual bool HasGreyTable(ReadOnlySpan<byte> start) => false;

    private SKCodec Open(Stream stream, string path, out int channels)
    {
        Span<byte> start = stackalloc byte[TableSearchLength];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        bool grey = HasGreyTable(start);
        long length = stream.Length;
        SKCodec codec = SKCodec.Create(stream, out SKCodecResult result)
            ?? throw (result == SKCodecResult.IncompleteInput
                ? Truncated(path)
                : new InvalidDataException($"'{path}' is a damaged {Name} file, or of a kind that is not read ({result})."));
        try
        {
            channels = grey || codec.Info.ColorType == SKColorType.Gray8 ? 1 : 3;
            RasterLimits.CheckPromise(
                path, channels, codec.Info.Height, codec.Info.Width, (Int128)codec.Info.Height * codec.Info.Width, BestCompression, length);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private unsafe void Decode(SKCodec codec, SKImageInfo info, byte[] decoded, string path)
    {
        fixed (byte* target = decoded)
        {
            switch (codec.GetPixels(info, (nint)target))
            {
                case SKCodecResult.Success:
                    break;
                case SKCodecResult.IncompleteInput:
                    throw Truncated(path);
                case var result:
                    throw new InvalidDataException($"'{path}' is a damaged {Name} file: it cannot be decoded ({result}).");
            }
        }
    }

    private static void CheckOpaque(ReadOnlySpan<byte> row, string path)
    {
        for (int i = 3; i < row.Length; i += 4)
        {
            if (row[i] != byte.MaxValue)
            {
                throw RasterLimits.Transparent(path);
            }
        }
    }

    private static Orientation OrientationOf(SKCodec codec) =>
        Orientation.FromTag((int)codec.EncodedOrigin, codec.Info.Height, codec.Info.Width);

    private InvalidDataException Truncated(string path) =>
        new($"'{path}' is truncated: it ends before its last pixel, as a {Name} file that was not copied whole.");
}
