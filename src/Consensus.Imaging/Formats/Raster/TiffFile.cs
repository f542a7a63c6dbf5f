using BitMiracle.LibTiff.Classic;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Writes slices as TIFF files. This is for images without a geometry, such as photographs.</summary>
public static class TiffFile
{
    private const int BytesPerStrip = 1 << 18;

    /// <summary>
    /// Writes a slice as exact single-precision values, compressed with Deflate. The file is written completely or not at all
    /// (<see cref="AtomicFile"/>). <c>SliceReader</c>, ImageJ, tifffile and Pillow can read it.
    /// </summary>
    /// <param name="path">The file to create or replace. Its usual extension is .tif.</param>
    /// <param name="slice">
    /// The values. Several channels are stored one after another. The geometry is not written, because TIFF has no field for it.
    /// </param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static void WriteSlice(string path, Slice slice)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(slice);
        AtomicFile.Write(path, stream => Write(stream, slice, path));
    }

    /// <summary>Writes a slice to a stream, as <see cref="WriteSlice(string, Slice)"/> writes it to a file.</summary>
    /// <param name="stream">Where to write to; it stays open.</param>
    /// <param name="slice">The values.</param>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public static void WriteSlice(Stream stream, Slice slice)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(slice);

        // LibTiff goes back to fill in what it did not know, and a network's stream cannot.
        using var whole = new MemoryStream();
        Write(whole, slice, "TIFF");
        whole.WriteTo(stream);
    }

    private static void Write(Stream stream, Slice slice, string name)
    {
        var target = new TiffSource(stream);
        using Tiff? tiff = target.Open(name, "w");
        if (tiff is null || !Write(tiff, slice) || target.Error is not null)
        {
            throw new IOException(target.Error ?? "the TIFF file cannot be made");
        }
    }

    private static bool Write(Tiff tiff, Slice slice)
    {
        int rowBytes = slice.Width * sizeof(float), rows = Math.Clamp(BytesPerStrip / rowBytes, 1, slice.Height);
        tiff.SetField(TiffTag.IMAGEWIDTH, slice.Width);
        tiff.SetField(TiffTag.IMAGELENGTH, slice.Height);
        tiff.SetField(TiffTag.BITSPERSAMPLE, 8 * sizeof(float));
        tiff.SetField(TiffTag.SAMPLEFORMAT, SampleFormat.IEEEFP);
        tiff.SetField(TiffTag.SAMPLESPERPIXEL, slice.Channels);
        tiff.SetField(TiffTag.PLANARCONFIG, slice.Channels == 1 ? PlanarConfig.CONTIG : PlanarConfig.SEPARATE);
        tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.MINISBLACK);
        tiff.SetField(TiffTag.ROWSPERSTRIP, rows);
        tiff.SetField(TiffTag.COMPRESSION, Compression.ADOBE_DEFLATE);
        if (slice.Channels > 1)
        {
            tiff.SetField(TiffTag.EXTRASAMPLES, slice.Channels - 1, new short[slice.Channels - 1]);
        }

        byte[] strip = new byte[rows * rowBytes];
        for (int channel = 0; channel < slice.Channels; channel++)
        {
            for (int row = 0; row < slice.Height; row += rows)
            {
                int count = Math.Min(rows, slice.Height - row);
                Buffer.BlockCopy(slice.Pixels, ((channel * slice.Height) + row) * rowBytes, strip, 0, count * rowBytes);
                if (tiff.WriteEncodedStrip(tiff.ComputeStrip(row, (short)channel), strip, count * rowBytes) < 0)
                {
                    return false;
                }
            }
        }

        return tiff.WriteDirectory();
    }
}
