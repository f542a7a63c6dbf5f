using BitMiracle.LibTiff.Classic;
using Orientation = Consensus.Imaging.Geometry.Orientation;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>How the pixels of a TIFF page are stored: size, kind and number of samples, colours.</summary>
internal sealed class TiffLayout
{
    /// <summary>Reads the tags of a page.</summary>
    /// <exception cref="InvalidDataException">The kind of page is not supported, or the file cannot hold its pixels.</exception>
    public TiffLayout(TiffDocument file)
    {
        (Height, Width) = (file.Tag(TiffTag.IMAGELENGTH, 0), file.Tag(TiffTag.IMAGEWIDTH, 0));
        Bits = file.Tag(TiffTag.BITSPERSAMPLE, 1);
        Samples = file.Tag(TiffTag.SAMPLESPERPIXEL, 1);
        IsSeparate = file.Tag(TiffTag.PLANARCONFIG, 1) == (int)PlanarConfig.SEPARATE && Samples > 1;
        Format = (SampleFormat)file.Tag(TiffTag.SAMPLEFORMAT, 1);
        var compression = (Compression)file.Tag(TiffTag.COMPRESSION, 1);
        Photometric = (Photometric)file.Tag(TiffTag.PHOTOMETRIC, Samples >= 3 ? (int)Photometric.RGB : (int)Photometric.MINISBLACK);
        CheckKind(file, compression);

        Palette = Photometric == Photometric.PALETTE ? TiffPalette.Read(file, Bits) : [];
        (Channels, Alpha) = CountChannels(file);
        BestCompression = GetBestCompression(compression);
        RasterLimits.CheckPromise(
            file.Path, Channels, Height, Width, (Int128)Height * Width * Samples * Bits / 8, BestCompression, file.Length);
        Orientation = Orientation.FromTag(file.Tag(TiffTag.ORIENTATION, Orientation.Upright), Height, Width);
    }

    /// <summary>Number of stored rows.</summary>
    public int Height { get; }

    /// <summary>Number of stored columns.</summary>
    public int Width { get; }

    /// <summary>Number of bits of a sample.</summary>
    public int Bits { get; }

    /// <summary>Number of samples of a pixel.</summary>
    public int Samples { get; }

    /// <summary>Whether the samples of a pixel lie in separate planes.</summary>
    public bool IsSeparate { get; }

    public SampleFormat Format { get; }

    public Photometric Photometric { get; }

    /// <summary>Number of channels of the slice.</summary>
    public int Channels { get; }

    /// <summary>The index of the sample that holds the opacity; −1 if there is none.</summary>
    public int Alpha { get; }

    /// <summary>The colours of a palette, channel by channel; empty if the page has no palette.</summary>
    public byte[][] Palette { get; }

    public Orientation Orientation { get; }

    /// <summary>The largest number of bytes that one byte of the file can unpack to; 0 if there is no limit.</summary>
    public int BestCompression { get; }

    private void CheckKind(TiffDocument file, Compression compression)
    {
        if (Bits is not ((>= 1 and <= 16) or 32 or 64) || Samples < 1)
        {
            throw file.Refused($"{Samples} sample(s) of {Bits} bits", "1 to 16, 32 and 64 bits are read");
        }

        bool known = Format switch
        {
            SampleFormat.UINT => true,
            SampleFormat.INT => Bits is 8 or 16 or 32 or 64,
            SampleFormat.IEEEFP => Bits is 32 or 64,
            SampleFormat.VOID => true,
            _ => false,
        };
        if (!known)
        {
            throw file.Refused(
                $"values of {Bits} bits of sample format {Format}", "unsigned and signed integers and floats of 32 and 64 bits are read");
        }

        if (Photometric == Photometric.YCBCR && compression == Compression.JPEG && Bits == 8)
        {
            file.Tiff.SetField(TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
        }
        else if (Photometric is not (Photometric.MINISBLACK or Photometric.MINISWHITE or Photometric.RGB or Photometric.PALETTE
            or Photometric.MASK))
        {
            throw file.Refused($"the colours {Photometric}", "greys, RGB and palettes are read");
        }

        if (Photometric == Photometric.MINISWHITE && (Format != SampleFormat.UINT || Bits > 16))
        {
            throw file.Refused(
                $"{Format} values of {Bits} bits where 0 is white", "white as 0 is read for unsigned integers of up to 16 bits");
        }

        if (file.Tiff.FindCodec(compression) is not { CanDecode: true })
        {
            throw file.Refused($"compression {compression}", "none, LZW, Deflate, PackBits, JPEG and CCITT are read");
        }
    }

    private (int Channels, int Alpha) CountChannels(TiffDocument file)
    {
        switch (Photometric)
        {
            case Photometric.PALETTE when Samples == 1:
                return (Palette.Length, -1);
            case Photometric.RGB or Photometric.YCBCR when Samples is 3 or 4:
                return (3, Samples == 4 ? 3 : -1);
            case Photometric.MINISBLACK or Photometric.MINISWHITE or Photometric.MASK:
                FieldValue[]? extra = file.Tiff.GetField(TiffTag.EXTRASAMPLES);
                bool opacity = Samples == 2 && extra is { Length: > 1 } && extra[0].ToInt() == 1 && extra[1].ToShortArray()[0] != 0;
                return opacity ? (1, 1) : (Samples, -1);
            default:
                throw file.Refused(
                    $"{Samples} samples a pixel with the colours {Photometric}", "RGB has 3, or 4 with opacity; a palette has 1");
        }
    }

    private static int GetBestCompression(Compression compression) => compression switch
    {
        Compression.NONE => 1,
        Compression.PACKBITS => 64,
        Compression.LZW => 4096,
        Compression.DEFLATE or Compression.ADOBE_DEFLATE => 1032,
        Compression.JPEG or Compression.OJPEG => 4096,
        _ => 0,
    };
}
