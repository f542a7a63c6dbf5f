using BitMiracle.LibTiff.Classic;
using Orientation = Consensus.Imaging.Geometry.Orientation;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// Reads TIFF and BigTIFF files with one page: greys, colours and palettes; integers of 1 to 16, 32 and 64 bits, floats of 32 and 64 bits;
/// strips and tiles; both byte orders and planar configurations; all compressions of LibTiff.
/// </summary>
internal sealed class TiffReader
{
    private readonly string _path;
    private readonly TiffLayout _layout;
    private readonly float[] _pixels;

    private TiffReader(string path, TiffLayout layout)
    {
        (_path, _layout) = (path, layout);
        _pixels = GC.AllocateUninitializedArray<float>(layout.Channels * layout.Height * layout.Width);
    }

    public static (int Channels, int Height, int Width) ReadSize(Stream stream, string path)
    {
        using var file = new TiffDocument(stream, path);
        var layout = new TiffLayout(file);
        return (layout.Channels, layout.Orientation.Height, layout.Orientation.Width);
    }

    /// <summary>Reads the Orientation tag, 1 to 8.</summary>
    public static int ReadOrientation(Stream stream, string path)
    {
        using var file = new TiffDocument(stream, path);
        _ = new TiffLayout(file);
        return file.Tag(TiffTag.ORIENTATION, Orientation.Upright);
    }

    public static Slice Read(Stream stream, string path)
    {
        using var file = new TiffDocument(stream, path);
        var layout = new TiffLayout(file);
        var blocks = new TiffBlocks(file, layout);
        var reader = new TiffReader(path, layout);
        blocks.Read(reader.Place);
        return new Slice(
            layout.Channels, layout.Orientation.Height, layout.Orientation.Width, reader._pixels, SliceGeometry.None, path);
    }

    /// <summary>Puts a part of a row into the channels.</summary>
    private void Place(Span<float> values, int row, int left, int columns, int plane)
    {
        if (_layout.Palette.Length > 0)
        {
            PlaceColours(values, row, left, columns);
            return;
        }

        int samples = _layout.IsSeparate ? 1 : _layout.Samples;
        Adjust(values, samples, plane);
        for (int sample = 0; sample < samples; sample++)
        {
            if (plane + sample == _layout.Alpha)
            {
                CheckOpaque(values, sample, samples, columns);
            }
            else
            {
                _layout.Orientation.Place(values[sample..], samples, row, left, columns, Channel(plane + sample));
            }
        }
    }

    private void PlaceColours(ReadOnlySpan<float> indices, int row, int left, int columns)
    {
        for (int channel = 0; channel < _layout.Channels; channel++)
        {
            byte[] colours = _layout.Palette[channel];
            Span<float> target = Channel(channel);
            float colour = 0;
            for (int i = 0; i < columns; i++)
            {
                colour = colours[(int)indices[i]];
                _layout.Orientation.Place(new ReadOnlySpan<float>(in colour), 1, row, left + i, 1, target);
            }
        }
    }

    private Span<float> Channel(int channel)
    {
        int size = _layout.Height * _layout.Width;
        return _pixels.AsSpan(channel * size, size);
    }

    /// <summary>
    /// Inverts values if 0 means white, and spreads values of fewer than 8 bits over 0 to 255, as in every viewer. The opacity is no
    /// brightness, and is not inverted.
    /// </summary>
    private void Adjust(Span<float> values, int samples, int plane)
    {
        float largest = (1L << Math.Min(_layout.Bits, 16)) - 1;
        if (_layout.Photometric == Photometric.MINISWHITE)
        {
            for (int i = 0; i < values.Length; i++)
            {
                if (plane + (i % samples) != _layout.Alpha)
                {
                    values[i] = largest - values[i];
                }
            }
        }

        if (_layout.Bits < 8)
        {
            foreach (ref float value in values)
            {
                value *= 255 / largest;
            }
        }
    }

    private void CheckOpaque(ReadOnlySpan<float> values, int sample, int samples, int columns)
    {
        float opaque = _layout.Format == SampleFormat.IEEEFP ? 1
            : _layout.Bits < 8 ? 255
            : (1L << Math.Min(_layout.Bits, 62)) - 1;
        for (int i = 0; i < columns; i++)
        {
            if (values[(i * samples) + sample] != opaque)
            {
                throw RasterLimits.Transparent(_path);
            }
        }
    }
}
