using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Files;

/// <summary>JPEG, BMP and GIF are read; formats are told by content; other formats are named.</summary>
public sealed class PictureReadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_JPEG_photograph_has_three_channels_near_the_encoded_colours()
    {
        Slice slice = Read("photo.jpg", Jpeg(24, 16, (_, _) => new SKColor(200, 60, 30)));
        Assert.Equal((3, 16, 24), (slice.Channels, slice.Height, slice.Width));
        Assert.All(slice.Pixels.Take(384), value => Assert.InRange(value, 198, 202));
        Assert.All(slice.Pixels.Skip(768), value => Assert.InRange(value, 28, 32));
    }

    [Fact]
    public void A_grey_JPEG_has_one_channel()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(90, 90, 90));
        Slice slice = Read("grey.jpg", Encode(bitmap, SKEncodedImageFormat.Jpeg));
        Assert.Equal((1, 8, 8), (slice.Channels, slice.Height, slice.Width));
        Assert.All(slice.Pixels, value => Assert.InRange(value, 88, 92));
    }

    [Theory]
    [InlineData(1, 16, 24, 0, 0)]
    [InlineData(2, 16, 24, 0, 23)]
    [InlineData(3, 16, 24, 15, 23)]
    [InlineData(4, 16, 24, 15, 0)]
    [InlineData(5, 24, 16, 0, 0)]
    [InlineData(6, 24, 16, 0, 15)]
    [InlineData(7, 24, 16, 23, 15)]
    [InlineData(8, 24, 16, 23, 0)]
    public void A_JPEG_is_turned_as_its_EXIF_orientation_says(byte orientation, int height, int width, int row, int column)
    {
        // The first stored quarter is white. EXIF is one TIFF directory with one tag, in a segment behind the first two bytes.
        byte[] stored = Jpeg(24, 16, (x, y) => x < 12 && y < 8 ? SKColors.White : SKColors.Black);
        byte[] exif =
        [
            .. "Exif\0\0"u8, .. "MM\0\u002A\0\0\0\u0008"u8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        byte[] file = [.. stored[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. stored[2..]];
        Slice slice = Read("turned.jpg", file);
        Assert.Equal((height, width), (slice.Height, slice.Width));
        Assert.Equal((3, height, width), SliceReader.ReadSize(_folder["turned.jpg"]));
        foreach ((int y, int x) in new[] { (0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1) })
        {
            Assert.InRange(slice.Pixels[(y * width) + x], (y, x) == (row, column) ? 240 : 0, (y, x) == (row, column) ? 255 : 15);
        }
    }

    [Fact]
    public void A_JPEG_that_ends_early_is_refused()
    {
        byte[] file = Jpeg(64, 64, (x, y) => new SKColor((byte)(4 * x), (byte)(x * y), (byte)(4 * y)));
        for (int length = 3; length < file.Length - 2; length += 53)
        {
            byte[] cut = file[..length];
            Complaint.Expect<InvalidDataException>(() => Read("cut.jpg", cut), "cut.jpg");
        }
    }

    [Fact]
    public void A_JPEG_that_promises_more_than_it_can_hold_is_refused()
    {
        byte[] file = Jpeg(8, 8, (_, _) => SKColors.Gray);
        int frame = file.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        (file[frame + 5], file[frame + 7]) = (0x20, 0x20);
        Complaint.Expect<InvalidDataException>(() => Read("large.jpg", file), "large.jpg", "cannot hold");
        (file[frame + 5], file[frame + 7]) = (0xFF, 0xFF);
        Complaint.Expect<InvalidDataException>(() => Read("large.jpg", file), "large.jpg", "268435456 at most");
    }

    [Fact]
    public void Bitmaps_of_colours_greys_and_one_bit_are_read_from_the_bottom_up()
    {
        // Two rows of two pixels, blue first; rows take multiples of four bytes and begin at the bottom.
        Assert.Equal(
            [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
            Read("colour.bmp", Bitmap(2, 2, 24, [], [9, 8, 7, 12, 11, 10, 0, 0, 3, 2, 1, 6, 5, 4, 0, 0])).Pixels);
        byte[] greys = [.. Enumerable.Range(0, 256).SelectMany(value => new[] { (byte)value, (byte)value, (byte)value, (byte)0 })];
        Slice grey = Read("grey.bmp", Bitmap(2, 2, 8, greys, [3, 4, 0, 0, 1, 2, 0, 0]));
        Assert.Equal(1, grey.Channels);
        Assert.Equal([1, 2, 3, 4], grey.Pixels);
        Slice mask = Read("mask.bmp", Bitmap(2, 2, 1, [0, 0, 0, 0, 255, 255, 255, 0], [0b0100_0000, 0, 0, 0, 0b1000_0000, 0, 0, 0]));
        Assert.Equal(1, mask.Channels);
        Assert.Equal([255, 0, 0, 255], mask.Pixels);
        Assert.Equal((1, 2, 2), SliceReader.ReadSize(_folder["mask.bmp"]));
    }

    [Fact]
    public void A_GIF_is_read_as_colours_or_greys()
    {
        Slice mask = Read("mask.gif", Gif([0, 0, 0, 255, 255, 255]));
        Assert.Equal(1, mask.Channels);
        Assert.Equal([0, 255, 255, 0], mask.Pixels);
        Assert.Equal((1, 2, 2), SliceReader.ReadSize(_folder["mask.gif"]));
        Assert.Equal([0, 9, 9, 0, 0, 8, 8, 0, 0, 7, 7, 0], Read("colour.gif", Gif([0, 0, 0, 9, 8, 7])).Pixels);
    }

    [Fact]
    public void An_animated_GIF_is_refused_with_the_number_of_its_frames()
    {
        byte[] one = Gif([0, 0, 0, 255, 255, 255]), frame = one[19..^1];
        Complaint.Expect<InvalidDataException>(() => Read("film.gif", [.. one[..^1], .. frame, .. frame, 0x3B]), "film.gif", "3 frames");
    }

    [Fact]
    public void The_name_of_a_file_does_not_matter()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6], SliceReader.Read(new PngBytes().WriteTo(_folder["picture.tif"])).Pixels);
        Assert.Equal([1, 2, 3, 4, 5, 6], SliceReader.Read(new TiffBytes().WriteTo(_folder["picture.nii.gz"])).Pixels);
        Assert.Equal([1, 3, 5, 2, 4, 6], SliceReader.Read(new NiftiBytes().WriteTo(_folder["slice.png"])).Pixels);
        Assert.Equal(ImageFormat.Png, SliceReader.ReadFormat(_folder["picture.tif"]));
        Assert.Equal(ImageFormat.Nifti, SliceReader.ReadFormat(_folder["slice.png"]));
    }

    [Fact]
    public void A_picture_is_no_volume()
    {
        string path = new PngBytes().WriteTo(_folder["flat.png"]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path + "#slice=3"), "flat.png#axis=2,slice=3", "PNG picture", "name the file alone");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path + "#axis=1,slice=0"), "flat.png#axis=1,slice=0");
    }

    [Theory]
    [InlineData("%PDF-1.7 …", "a PDF document")]
    [InlineData("NRRD0005\n", "an NRRD file")]
    [InlineData("ObjectType = Image\n", "a MetaImage header")]
    [InlineData("MATLAB 5.0 MAT-file", "a MATLAB file")]
    [InlineData("P5\n2 2\n255\n", "PGM")]
    [InlineData("RIFF....WEBPVP8 ", "a WebP picture")]
    [InlineData("<svg>", "XML")]
    [InlineData("hello", "begins with the bytes 68656C6C6F")]
    public void Other_formats_are_named_with_what_is_read(string content, string name)
    {
        File.WriteAllText(_folder["other.bin"], content);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["other.bin"]), "other.bin", name, ImageFile.Readable);
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(_folder["other.bin"]), "other.bin", name, ImageFile.Readable);
    }

    [Fact]
    public void DICOM_arrays_and_empty_files_are_named()
    {
        Complaint.Expect<InvalidDataException>(() => Read("scan.dcm", [.. new byte[128], .. "DICM"u8]), "scan.dcm", "DICOM", "dcm2niix");
        Complaint.Expect<InvalidDataException>(() => Read("array.npy", [0x93, .. "NUMPY"u8, 1, 0]), "array.npy", "NumPy");
        Complaint.Expect<InvalidDataException>(() => Read("volume.mat", [0x89, .. "HDF\r\n\u001a\n"u8]), "volume.mat", "HDF5");
        Complaint.Expect<InvalidDataException>(() => Read("nothing.png", []), "nothing.png", "is empty");
        Complaint.Expect<FileNotFoundException>(() => SliceReader.Read(_folder["absent.png"]), "absent.png");
        Complaint.Expect<IOException>(() => SliceReader.Read(_folder.Root), "is a folder");
    }

    private static byte[] Jpeg(int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(width, height, isOpaque: true);
        for (int i = 0; i < width * height; i++)
        {
            bitmap.SetPixel(i % width, i / width, colour(i % width, i / width));
        }

        return Encode(bitmap, SKEncodedImageFormat.Jpeg);
    }

    private static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using SKData data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    private static byte[] Bitmap(int width, int height, short bits, byte[] palette, byte[] rows) =>
    [
        .. "BM"u8, .. Int32(54 + palette.Length + rows.Length), .. Int32(0), .. Int32(54 + palette.Length),
        .. Int32(40), .. Int32(width), .. Int32(height), 1, 0, .. BitConverter.GetBytes(bits), .. Int32(0), .. Int32(rows.Length),
        .. Int32(0), .. Int32(0), .. Int32(palette.Length / 4), .. Int32(0), .. palette, .. rows,
    ];

    /// <summary>
    /// Two rows of two pixels, 0 1 and 1 0, in a table of two colours: codes of three bits, cleared before they would grow.
    /// </summary>
    private static byte[] Gif(byte[] table)
    {
        int packed = 0, at = 0;
        foreach (int code in (int[])[4, 0, 1, 4, 1, 0, 5])
        {
            packed |= code << at;
            at += 3;
        }

        return
        [
            .. "GIF89a"u8, 2, 0, 2, 0, 0x80, 0, 0, .. table, 0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 3, (byte)packed, (byte)(packed >> 8),
            (byte)(packed >> 16), 0, 0x3B,
        ];
    }

    private static byte[] Int32(int value) => BitConverter.GetBytes(value);

    private Slice Read(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return SliceReader.Read(_folder[name]);
    }
}
