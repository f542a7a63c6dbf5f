using System.Buffers.Binary;
using Consensus.Imaging.Geometry;
using SkiaSharp;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Reads JPEG, BMP and GIF files by the codecs that ML.NET's images use too.</summary>
internal static class SkiaReader
{
    // GIF's codes of 12 bits stand for 4096 pixels at most, JPEG's shortest blocks for 64 pixels a bit.
    private const int BestCompression = 4096;

    public static (int Channels, int Height, int Width) ReadSize(FileStream stream, string path, ImageFormat format)
    {
        bool grey = HasGreyTable(stream, format);
        using SKCodec codec = Open(stream, path, format, grey, out int channels);
        Orientation orientation = Turned(codec);
        return (channels, orientation.Height, orientation.Width);
    }

    public static Slice Read(FileStream stream, string path, ImageFormat format)
    {
        bool grey = HasGreyTable(stream, format);
        using SKCodec codec = Open(stream, path, format, grey, out int channels);
        if (codec.FrameCount > 1)
        {
            throw new InvalidDataException(
                $"'{path}' is an animation of {codec.FrameCount} frames, but a slice is one picture: save the frame that is meant.");
        }

        (int height, int width) = (codec.Info.Height, codec.Info.Width);

        // No colour space asked for: the values are to stay as stored.
        SKImageInfo info = codec.Info.ColorType == SKColorType.Gray8
            ? new(width, height, SKColorType.Gray8, SKAlphaType.Opaque)
            : new(
                width, height, SKColorType.Rgba8888,
                codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
        byte[] decoded = GC.AllocateUninitializedArray<byte>(info.BytesSize);
        Decode(codec, info, decoded, path, format);

        Orientation orientation = Turned(codec);
        var pixels = GC.AllocateUninitializedArray<float>(channels * height * width);
        int samples = info.BytesPerPixel;
        float[] values = new float[width * samples];
        for (int row = 0; row < height; row++)
        {
            ReadOnlySpan<byte> stored = decoded.AsSpan(row * width * samples, width * samples);
            Samples.Unpack(stored, 8, values);
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

    private static SKCodec Open(FileStream stream, string path, ImageFormat format, bool greyTable, out int channels)
    {
        long length = stream.Length;
        SKCodec codec = SKCodec.Create(stream, out SKCodecResult result)
            ?? throw (result == SKCodecResult.IncompleteInput
                ? Truncated(path, format)
                : new InvalidDataException($"'{path}' is a damaged {format.Name()} file, or of a kind that is not read ({result})."));
        try
        {
            channels = greyTable || codec.Info.ColorType == SKColorType.Gray8 ? 1 : 3;
            RasterFile.CheckPromise(
                path, channels, codec.Info.Height, codec.Info.Width, (Int128)codec.Info.Height * codec.Info.Width, BestCompression, length);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static unsafe void Decode(SKCodec codec, SKImageInfo info, byte[] decoded, string path, ImageFormat format)
    {
        fixed (byte* target = decoded)
        {
            switch (codec.GetPixels(info, (nint)target))
            {
                case SKCodecResult.Success:
                    break;
                case SKCodecResult.IncompleteInput:
                    throw Truncated(path, format);
                case var result:
                    throw new InvalidDataException($"'{path}' is a damaged {format.Name()} file: it cannot be decoded ({result}).");
            }
        }
    }

    private static void CheckOpaque(ReadOnlySpan<byte> row, string path)
    {
        for (int i = 3; i < row.Length; i += 4)
        {
            if (row[i] != byte.MaxValue)
            {
                throw RasterFile.Transparent(path);
            }
        }
    }

    /// <summary>The Orientation tag, 1 to 8.</summary>
    public static int ReadOrientation(FileStream stream, string path, ImageFormat format)
    {
        using SKCodec codec = Open(stream, path, format, greyTable: false, out _);
        return (int)codec.EncodedOrigin;
    }

    private static Orientation Turned(SKCodec codec) => Orientation.Of((int)codec.EncodedOrigin, codec.Info.Height, codec.Info.Width);

    private static InvalidDataException Truncated(string path, ImageFormat format) =>
        new($"'{path}' is truncated: it ends before its last pixel, as a {format.Name()} file that was not copied whole.");

    /// <summary>
    /// Whether a BMP or GIF has a table of colours of which all are grey, which makes it a picture of greys. The codec does not tell.
    /// </summary>
    private static bool HasGreyTable(FileStream stream, ImageFormat format)
    {
        if (format == ImageFormat.Jpeg)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[4096];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        return format == ImageFormat.Gif ? IsGreyGif(start) : IsGreyBitmap(start);
    }

    private static bool IsGreyGif(ReadOnlySpan<byte> file)
    {
        // Logical screen: its flags, then the global table; an image may bring its own table, which then counts.
        int at = 13;
        ReadOnlySpan<byte> table = Table(file, 10, at);
        at += table.Length;
        while (at + 1 < file.Length && file[at] == 0x21)
        {
            for (at += 2; at < file.Length && file[at] != 0; at += file[at] + 1)
            {
            }

            at++;
        }

        if (at + 10 <= file.Length && file[at] == 0x2C && (file[at + 9] & 0x80) != 0)
        {
            table = Table(file, at + 9, at + 10);
        }

        return IsGrey(table, 3);

        static ReadOnlySpan<byte> Table(ReadOnlySpan<byte> file, int flags, int at)
        {
            if (flags >= file.Length || (file[flags] & 0x80) == 0)
            {
                return [];
            }

            int size = 3 << ((file[flags] & 7) + 1);
            return at + size <= file.Length ? file.Slice(at, size) : [];
        }
    }

    private static bool IsGreyBitmap(ReadOnlySpan<byte> file)
    {
        int headerSize = BinaryPrimitives.ReadInt32LittleEndian(file[14..]), at = 14 + headerSize;
        bool old = headerSize < 40;
        if (file.Length < 54 || at >= file.Length)
        {
            return false;
        }

        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[(old ? 24 : 28)..]), entry = old ? 3 : 4;
        if (bits is < 1 or > 8)
        {
            return false;
        }

        int used = old ? 0 : BinaryPrimitives.ReadInt32LittleEndian(file[46..]), entries = used is > 0 and <= 256 ? used : 1 << bits;
        return at + (entries * entry) <= file.Length && IsGrey(file.Slice(at, entries * entry), entry);
    }

    private static bool IsGrey(ReadOnlySpan<byte> table, int entry)
    {
        for (int i = 0; i + 2 < table.Length; i += entry)
        {
            if (table[i] != table[i + 1] || table[i] != table[i + 2])
            {
                return false;
            }
        }

        return !table.IsEmpty;
    }
}
