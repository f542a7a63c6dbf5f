using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>Images whose bytes are in memory: the values that their bytes were built with, and maps written to streams.</summary>
public sealed class EncodedImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_volume_gives_its_slices_in_order(bool gzip)
    {
        // 2×3×2 voxels of uint8, the first axis fastest: the value of voxel (x, y, z) is 1 + x + 2y + 6z.
        var file = new NiftiBytes { Dimensions = [2, 3, 2, 2], Values = [.. Enumerable.Range(1, 24).Select(value => (double)value)] };
        using var stream = new OneWay(gzip ? NiftiBytes.Gzip(file.SingleFile()) : file.SingleFile());

        EncodedImage image = EncodedImage.FromStream(stream, "scan");
        Slice[] slices = [.. image.ReadSlices()];

        Assert.True(image.IsVolume);
        Assert.Equal(ImageFormat.Nifti, image.Format);
        Assert.Equal([2L, 3, 2, 2], image.NiftiHeader!.Shape);
        Assert.Equal(2, slices.Length);
        Assert.Equal([1f, 3, 5, 2, 4, 6, 13, 15, 17, 14, 16, 18], slices[0].Pixels);
        Assert.Equal("scan#axis=2,slice=1", slices[1].Source);
        Assert.Equal([7f, 9, 11, 8, 10, 12, 19, 21, 23, 20, 22, 24], slices[1].Pixels);
        Assert.Equal([1f, 7, 3, 9, 5, 11, 13, 19, 15, 21, 17, 23], image.ReadSlices(axis: 0).First().Pixels);
    }

    [Fact]
    public void A_picture_gives_its_pixels()
    {
        EncodedImage image = EncodedImage.FromBytes(new PngBytes().File());

        Assert.Equal(ImageFormat.Png, image.Format);
        Assert.Null(image.NiftiHeader);
        Assert.Equal([1f, 2, 3, 4, 5, 6], image.ReadSlice().Pixels);
        Assert.Equal([1f, 2, 3, 4, 5, 6], Assert.Single(image.ReadSlices()).Pixels);
    }

    [Fact]
    public void Size_and_format_come_from_the_first_bytes_alone()
    {
        byte[] png = new PngBytes().File(), nifti = new NiftiBytes().SingleFile();

        Assert.Equal((1, 2, 3), EncodedImage.FromBytes(png).ReadSize());
        Assert.Equal((1, 2, 3), EncodedImage.FromBytes(nifti.AsMemory(0, 352)).ReadSize());
        Assert.Equal(ImageFormat.Png, EncodedImage.Recognize(png));
        Assert.Equal(ImageFormat.Nifti, EncodedImage.Recognize(nifti.AsSpan(0, 132)));
        Assert.Null(EncodedImage.Recognize("%PDF-1.7"u8));
        Assert.Null(EncodedImage.Recognize([]));
    }

    [Fact]
    public void A_name_that_is_also_a_file_is_not_opened()
    {
        string path = _folder["scan.hdr"];
        File.WriteAllText(path, "not an image");

        Assert.Equal([1f, 3, 5, 2, 4, 6], EncodedImage.FromBytes(new NiftiBytes().SingleFile(), path).ReadSlice().Pixels);
    }

    [Fact]
    public void Bytes_of_another_format_are_refused_by_the_given_name()
    {
        string message = Assert.Throws<InvalidDataException>(() => EncodedImage.FromBytes("%PDF-1.7"u8.ToArray(), "upload 7")).Message;

        Assert.StartsWith("'upload 7' is ", message, StringComparison.Ordinal);
        Assert.Equal(
            "'upload 8' is empty: it has 0 bytes.",
            Assert.Throws<InvalidDataException>(() => EncodedImage.FromStream(new MemoryStream(), "upload 8")).Message);
    }

    [Fact]
    public void A_truncated_volume_is_refused_before_memory_is_taken_for_it()
    {
        byte[] file = new NiftiBytes { Dimensions = [2000, 2000, 100], Values = [1, 2, 3] }.SingleFile();
        EncodedImage image = EncodedImage.FromBytes(file, "huge.nii");
        long before = GC.GetAllocatedBytesForCurrentThread();

        string message = Assert.Throws<InvalidDataException>(() => image.ReadSlices().First()).Message;

        Assert.Contains("'huge.nii' is truncated", message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Maps_written_to_a_stream_are_the_bytes_of_the_file(bool gzip)
    {
        var volume = new NiftiBytes { Dimensions = [2, 3, 2, 2], Values = [.. Enumerable.Range(1, 24).Select(value => (double)value)] };
        string image = _folder["scan.nii"], map = _folder[gzip ? "map.nii.gz" : "map.nii"];
        File.WriteAllBytes(image, volume.SingleFile());
        EncodedImage encoded = EncodedImage.FromBytes(volume.SingleFile(), "scan.nii");
        using var stream = new MemoryStream();

        NiftiFile.WriteVolume(stream, encoded.ReadSlices(axis: 1), encoded.NiftiHeader!, axis: 1, gzip);
        NiftiFile.WriteVolume(map, encoded.ReadSlices(axis: 1), image, axis: 1);

        Assert.Equal(File.ReadAllBytes(map), stream.ToArray());
        Assert.Equal(
            NiftiFile.ReadSlices(image).Select(slice => slice.Pixels), EncodedImage.FromBytes(stream.ToArray()).ReadSlices().Select(
                slice => slice.Pixels));
    }

    [Fact]
    public void A_slice_is_written_to_a_stream_with_its_own_or_another_geometry()
    {
        var slice = new Slice(1, 2, 3, [1, 2, 3, 4, 5, 6], SliceGeometry.FromSpacing(0.5, 2));
        EncodedImage like = EncodedImage.FromBytes(new NiftiBytes { PixelDimensions = [1, 0.25, 4, 1, 1, 1, 1, 1] }.SingleFile());
        using MemoryStream own = new(), other = new(), tiff = new();

        NiftiFile.WriteSlice(own, slice, geometryFrom: null, compress: false);
        NiftiFile.WriteSlice(other, slice, like.NiftiHeader, compress: true);
        TiffFile.WriteSlice(new OneWay(tiff), slice);

        Assert.Equal((0.5, 2.0), Spacing(own));
        Assert.Equal((0.25, 4.0), Spacing(other));
        Assert.Equal(slice.Pixels, EncodedImage.FromBytes(tiff.ToArray()).ReadSlice().Pixels);

        static (double Rows, double Columns) Spacing(MemoryStream written)
        {
            Slice read = EncodedImage.FromBytes(written.ToArray()).ReadSlice();
            Assert.Equal([1f, 2, 3, 4, 5, 6], read.Pixels);
            return (read.Geometry.SpacingRows, read.Geometry.SpacingColumns);
        }
    }

    /// <summary>A stream as a network gives and takes it: in one direction, in small pieces, without a length.</summary>
    private sealed class OneWay : Stream
    {
        private readonly MemoryStream _inner;

        public OneWay(byte[] bytes) => _inner = new(bytes);

        public OneWay(MemoryStream target) => _inner = target;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _inner.Read(buffer, offset, Math.Min(count, 7));

        public override void Write(byte[] buffer, int offset, int count) => _inner.Write(buffer, offset, count);

        public override void Flush() => _inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
