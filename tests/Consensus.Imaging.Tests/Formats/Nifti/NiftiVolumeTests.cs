using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Storage;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>
/// Volumes are cut into slices along each axis: the right values, the right place in space, in any order and from any kind of file.
/// </summary>
public sealed class NiftiVolumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("volume.nii", 1, false)]
    [InlineData("volume.nii.gz", 2, true)]
    public void The_axes_that_are_not_cut_become_rows_and_columns_in_stored_order(string name, int version, bool bigEndian)
    {
        // The value at x, y, z is 100 z + 10 y + x, so that each digit shows where it came from.
        string path = Volume([2, 3, 4], version, bigEndian).WriteTo(_folder[name]);
        Expect(path, 2, 3, 2, 3, [300, 310, 320, 301, 311, 321]);
        Expect(path, 1, 2, 2, 4, [20, 120, 220, 320, 21, 121, 221, 321]);
        Expect(path, 0, 1, 3, 4, [1, 101, 201, 301, 11, 111, 211, 311, 21, 121, 221, 321]);
        Expect(path, 2, 0, 2, 3, [0, 10, 20, 1, 11, 21]);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4, 2 })]
    [InlineData(new long[] { 2, 3, 4, 1, 2 })]
    [InlineData(new long[] { 2, 3, 4, 2, 1, 1, 1 })]
    public void One_axis_behind_the_third_holds_channels(long[] dimensions)
    {
        string path = Volume(dimensions).WriteTo(_folder["volume.nii.gz"]);
        Expect(path, 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
        Expect(path, 1, 0, 2, 4, [0, 100, 200, 300, 1, 101, 201, 301, 1000, 1100, 1200, 1300, 1001, 1101, 1201, 1301]);
        Expect(path, 0, 1, 3, 4, [
            1, 101, 201, 301, 11, 111, 211, 311, 21, 121, 221, 321, 1001, 1101, 1201, 1301, 1011, 1111, 1211, 1311, 1021, 1121, 1221, 1321,
        ]);
    }

    [Fact]
    public void An_image_without_a_third_axis_is_a_volume_of_one_slice()
    {
        string path = Volume([2, 3]).WriteTo(_folder["flat.nii"]);
        Expect(path, 2, 0, 2, 3, [0, 10, 20, 1, 11, 21]);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(path, 0, 1), "flat.nii", "2×3", "one slice along axis 2", "axis 0", "2 strips");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(path, 2, 1), "flat.nii", "1 slices along axis 2", "no slice 1");
    }

    [Fact]
    public void Slope_and_intercept_apply_to_slices_of_volumes()
    {
        string path = new NiftiBytes { Dimensions = [2, 2, 2], Values = [1, 2, 3, 4, 5, 6, 7, 8], Slope = 2, Intercept = -1 }
            .WriteTo(_folder["scaled.nii"]);
        Assert.Equal([9, 13, 11, 15], NiftiFile.ReadSlice(path, 2, 1).Pixels);
    }

    [Fact]
    public void The_affine_of_a_slice_has_its_own_axes_and_its_own_place()
    {
        // Columns of the volume's matrix: x goes along (1, 5, 9), y along (2, 6, 10), z along (3, 7, 11), from (4, 8, 12).
        string path = Volume([2, 3, 4], rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).WriteTo(_folder["volume.nii"]);
        Slice along2 = NiftiFile.ReadSlice(path, 2, 3);
        Assert.Equal([1, 2, 3, 4 + 9, 5, 6, 7, 8 + 21, 9, 10, 11, 12 + 33, 0, 0, 0, 1], along2.Geometry.Affine);
        Assert.Equal((0.5, 0.75), (along2.Geometry.SpacingRows, along2.Geometry.SpacingColumns));

        Slice along1 = NiftiFile.ReadSlice(path, 1, 2);
        Assert.Equal([1, 3, 2, 4 + 4, 5, 7, 6, 8 + 12, 9, 11, 10, 12 + 20, 0, 0, 0, 1], along1.Geometry.Affine);
        Assert.Equal((0.5, 3), (along1.Geometry.SpacingRows, along1.Geometry.SpacingColumns));

        Slice along0 = NiftiFile.ReadSlice(path, 0, 1);
        Assert.Equal([2, 3, 1, 4 + 1, 6, 7, 5, 8 + 5, 10, 11, 9, 12 + 9, 0, 0, 0, 1], along0.Geometry.Affine);
        Assert.Equal((0.75, 3), (along0.Geometry.SpacingRows, along0.Geometry.SpacingColumns));
    }

    [Fact]
    public void Spacing_that_is_missing_or_no_number_counts_as_one()
    {
        string path = new NiftiBytes
        {
            Dimensions = [2, 2, 2],
            Values = [1, 2, 3, 4, 5, 6, 7, 8],
            PixelDimensions = [1, double.NaN, 0, double.PositiveInfinity, 0, 0, 0, 0],
        }.WriteTo(_folder["odd.nii"]);
        SliceGeometry geometry = NiftiFile.ReadSlice(path, 1, 0).Geometry;
        Assert.Equal((1, 1), (geometry.SpacingRows, geometry.SpacingColumns));
    }

    [Theory]
    [InlineData("volume.nii")]
    [InlineData("volume.nii.gz")]
    public void Slices_come_out_the_same_in_any_order_and_with_any_memory(string name)
    {
        long[] shape = [7, 5, 11, 2];
        string path = Volume(shape).WriteTo(_folder[name]);
        for (int axis = 0; axis < 3; axis++)
        {
            foreach (long memory in new long[] { 0, 300, 1000, NiftiVolume.Memory })
            {
                foreach ((bool all, bool closing) in new[] { (false, false), (true, false), (false, true), (true, true) })
                {
                    using var volume = new NiftiVolume(InputContent.FromFile(path), axis, memory, all, closing);
                    int count = (int)shape[axis];
                    int[] order =
                    [
                        .. Enumerable.Range(0, count), .. Enumerable.Range(0, count).Reverse(),
                        .. Enumerable.Range(0, count).Select(index => index * 3 % count), 2, 2,
                    ];
                    foreach (int index in order)
                    {
                        Slice slice = volume.Read(index);
                        for (int at = 0; at < slice.Pixels.Length; at++)
                        {
                            int channel = at / (slice.Height * slice.Width), row = at / slice.Width % slice.Height,
                                column = at % slice.Width;
                            int expected = (1000 * channel) + (axis switch
                            {
                                0 => (100 * column) + (10 * row) + index,
                                1 => (100 * column) + (10 * index) + row,
                                _ => (100 * index) + (10 * column) + row,
                            });
                            Assert.True(
                                slice.Pixels[at] == expected,
                                $"axis {axis}, slice {index}, memory {memory}: {slice.Pixels[at]} at "
                                + $"{row}, {column} instead of {expected}");
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Slices_are_listed_and_enumerated_in_order()
    {
        string path = Volume([2, 3, 4]).WriteTo(_folder["volume.nii.gz"]);
        Assert.Equal(
            [$"{path}#axis=1,slice=0", $"{path}#axis=1,slice=1", $"{path}#axis=1,slice=2"],
            NiftiFile.ListSlices(path, 1).Select(address => address.ToString()));
        Assert.Equal([0, 100, 200, 300], NiftiFile.ReadSlices(path).Select(slice => slice.Pixels[0]));
        Assert.Equal([0, 1], NiftiFile.ReadSlices(path, 0).Select(slice => slice.Pixels[0]));
        Assert.Equal($"{path}#axis=2,slice=1", NiftiFile.ReadSlices(path).ElementAt(1).Source);
    }

    [Fact]
    public void Addresses_are_read_wherever_paths_are()
    {
        string path = Volume([9, 3, 4]).WriteTo(_folder["volume.nii.gz"]);
        Assert.Equal((1, 3, 4), SliceReader.ReadSize(path + "#axis=0,slice=8"));
        Assert.Equal((1, 9, 3), SliceReader.ReadSize(path + "#slice=3"));
        Assert.Equal([8, 108, 208, 308], SliceReader.Read(path + "#axis=0,slice=8").Pixels[..4]);
        Assert.Equal(2, SliceReader.Read([path + "#slice=3", path + "#slice=0"]).Channels);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path + "#axis=1,slice=3"), "volume.nii.gz", "3 slices along axis 1", "9×3×4", "no slice 3");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path + "#axis=1,slice=3"), "volume.nii.gz", "no slice 3");
        Complaint.Expect<FileNotFoundException>(() => SliceReader.Read(_folder["absent.nii"] + "#slice=0"), "absent.nii' does not exist");
    }

    [Fact]
    public void A_volume_without_a_slice_says_how_to_name_one()
    {
        string path = Volume([2, 3, 9]).WriteTo(_folder["volume.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path), path, "2×3×9", "volume.nii#axis=2,slice=0", "LoadFromVolume", "consensus predict");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path), path, "volume.nii#axis=2,slice=0");
    }

    [Fact]
    public void What_cannot_be_cut_is_refused_by_name()
    {
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Dimensions = [2, 3, 4, 9], Values = new double[216] }), "volume.nii", "2×3×4×9",
            "axis 4 has length 9", "2 to 8 channels");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Dimensions = [2, 3, 4, 2, 1, 3], Values = new double[144] }), "volume.nii", "axis 6 has length 3");
        Complaint.Expect<InvalidDataException>(() => Cut(new() { Dimensions = [6] }), "volume.nii", "shape 6", "two axes");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [1 << 20, 1 << 20, 2], Values = [] }), "volume.nii", "too large");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [long.MaxValue, long.MaxValue, long.MaxValue], Values = [] }),
            "volume.nii",
            "too large");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [2, 3, 1 << 30], Values = [] }),
            "volume.nii", "1073741824 slices", "65536");
        Assert.Throws<ArgumentOutOfRangeException>(() => NiftiFile.ReadSlice(Volume([2, 3, 4]).WriteTo(_folder["volume.nii"]), 3, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NiftiFile.ReadSlice(_folder["volume.nii"], 2, -1));

        void Cut(NiftiBytes image) => NiftiFile.ReadSlice(image.WriteTo(_folder["volume.nii"]), 2, 0);
    }

    [Fact]
    public void A_truncated_volume_is_refused_at_the_slices_that_are_missing()
    {
        byte[] bytes = Volume([4, 4, 4]).SingleFile();
        File.WriteAllBytes(_folder["cut.nii"], bytes[..^1]);
        File.WriteAllBytes(_folder["cut.nii.gz"], NiftiBytes.Gzip(bytes[..^1]));
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["cut.nii"], 2, 0), "cut.nii", "truncated", "only 127");
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(_folder["cut.nii.gz"], 2, 3), "cut.nii.gz", "truncated", "only 127");
        Complaint.Expect<InvalidDataException>(
            () => _ = NiftiFile.ReadSlices(_folder["cut.nii.gz"], 1).ToArray(), "cut.nii.gz", "truncated");
    }

    [Fact]
    public void A_slice_of_a_promised_volume_takes_no_memory_for_what_is_not_there()
    {
        string[] paths =
        [
            new NiftiBytes { Dimensions = [16384, 16384, 2], Type = 4, Values = [] }.WriteTo(_folder["huge.nii"]),
            new NiftiBytes { Dimensions = [16384, 16384, 2], Type = 4, Values = [] }.WriteTo(_folder["huge.nii.gz"]),
            new NiftiBytes
            {
                Version = 2,
                Magic = "n+2",
                Dimensions = [100, 100, 60000],
                Offset = long.MaxValue / 4,
                Type = 64,
                Values = [],
            }.WriteTo(_folder["far.nii.gz"]),
        ];
        Refuse();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuse();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);

        void Refuse()
        {
            foreach (string path in paths)
            {
                Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(path, 2, 0), path);
                Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(path, 2, 1), path);
                Complaint.Expect<InvalidDataException>(() => _ = NiftiFile.ReadSlices(path, 2).ToArray(), path);
            }
        }
    }

    [Fact]
    public void A_slice_of_a_well_packed_volume_takes_the_memory_of_a_slice()
    {
        // 64 million zeros in some 60 kB: the volume is legitimate, and a slice of it is 10,000 values.
        string path = _folder["zeros.nii.gz"];
        using (var stream = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Optimal))
        {
            stream.Write(new NiftiBytes { Dimensions = [100, 100, 6400], Values = [] }.Header());
            for (int plane = 0; plane < 64; plane++)
            {
                stream.Write(new byte[1_000_000]);
            }
        }

        NiftiFile.ReadSlice(path, 2, 6399);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(10_000, NiftiFile.ReadSlice(path, 2, 6399).Pixels.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData(0, "soft.nii")]
    [InlineData(1, "soft.nii.gz")]
    [InlineData(2, "soft.nii.gz")]
    public void Slices_go_back_where_they_were_cut_from(int axis, string name)
    {
        double[] rows = [0.1, 0.2, 0.3, 4, 0.5, 0.6, 0.7, 8, 0.9, 1, 1.1, 12];
        NiftiBytes image = Volume([2, 3, 4, 1], version: 2, bigEndian: true, rows: rows);
        string input = image.WriteTo(_folder["volume.nii.gz"]);
        NiftiFile.WriteVolume(_folder[name], NiftiFile.ReadSlices(input, axis), input, axis);

        NiftiHeader expected = NiftiFile.ReadHeader(input), written = NiftiFile.ReadHeader(_folder[name]);
        Assert.Equal(("float32", 2, false), (written.DataType, written.Version, written.BigEndian));
        Assert.Equal([2, 3, 4, 1], written.Shape);
        Assert.Equal(expected.Spacing, written.Spacing);
        Assert.Equal(expected.Affine, written.Affine);
        Assert.Equal((expected.QformCode, expected.SformCode, expected.Units), (written.QformCode, written.SformCode, written.Units));

        // As stored: x fastest, then y, then z, which is the order in which the test's own volume was made.
        byte[] bytes = File.ReadAllBytes(_folder[name]);
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unpacked = new MemoryStream();
            using var gzip = new System.IO.Compression.GZipStream(
                new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress);
            gzip.CopyTo(unpacked);
            bytes = unpacked.ToArray();
        }

        Assert.Equal(544 + (24 * 4), bytes.Length);
        Assert.Equal(image.Values, Enumerable.Range(0, 24).Select(at => (double)BitConverter.ToSingle(bytes, 544 + (4 * at))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_number_of_channels_may_change_on_the_way_back(int axis)
    {
        string input = Volume([2, 3, 4, 2]).WriteTo(_folder["volume.nii"]), flat = Volume([2, 3, 4]).WriteTo(_folder["flat.nii"]);
        NiftiFile.WriteVolume(_folder["same.nii"], NiftiFile.ReadSlices(input, axis), input, axis);
        Assert.Equal([2, 3, 4, 2], NiftiFile.ReadHeader(_folder["same.nii"]).Shape);
        Expect(_folder["same.nii"], 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
        NiftiFile.WriteVolume(_folder["one.nii"], NiftiFile.ReadSlices(flat, axis), input, axis);
        Assert.Equal([2, 3, 4, 1], NiftiFile.ReadHeader(_folder["one.nii"]).Shape);
        NiftiFile.WriteVolume(_folder["two.nii"], NiftiFile.ReadSlices(input, axis), flat, axis);
        Assert.Equal([2, 3, 4, 2], NiftiFile.ReadHeader(_folder["two.nii"]).Shape);
        Expect(_folder["two.nii"], 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
    }

    [Fact]
    public void Slices_that_do_not_fill_the_volume_are_refused_and_the_previous_file_stays()
    {
        string input = Volume([2, 3, 4]).WriteTo(_folder["volume.nii"]), soft = _folder["soft.nii"];
        File.WriteAllText(soft, "previous");
        for (int axis = 1; axis < 3; axis++)
        {
            Slice[] slices = [.. NiftiFile.ReadSlices(input, axis)];
            Complaint.Expect<ArgumentException>(
                () => NiftiFile.WriteVolume(soft, slices[1..], input, axis),
                $"has {slices.Length} slices along axis {axis}",
                $"{slices.Length - 1} were given");
            Complaint.Expect<ArgumentException>(
                () => NiftiFile.WriteVolume(soft, [.. slices, slices[0]], input, axis), $"More slices were given than the {slices.Length}");
            Complaint.Expect<ArgumentException>(
                () => NiftiFile.WriteVolume(soft, [slices[0], new Slice(1, 1, 1, [0])], input, axis), "Slice 1 has 1×1×1", "volume.nii");
            Complaint.Expect<ArgumentException>(() => NiftiFile.WriteVolume(soft, [], input, axis), "none was given");
        }

        Complaint.Expect<ArgumentException>(
            () => NiftiFile.WriteVolume(_folder["soft.png"], NiftiFile.ReadSlices(input), input), "soft.png", ".nii.gz");
        Assert.Equal("previous", File.ReadAllText(soft));
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [Fact]
    public void A_volume_is_told_from_a_slice_with_channels_by_its_shape()
    {
        (long[] Shape, bool IsVolume)[] cases = [([2, 3], false), ([2, 3, 1], false), ([2, 3, 8], false), ([2, 3, 9], true),
            ([2, 3, 1, 4], false), ([2, 3, 2, 1, 2], true), ([2, 3, 1, 9], false),
            ([1, 3, 9], false), ([2, 1, 9, 4], false), ([1, 1, 9], true)];
        foreach ((long[] shape, bool isVolume) in cases)
        {
            Assert.Equal(isVolume, NiftiFile.ReadHeader(new NiftiBytes { Dimensions = shape }.WriteTo(_folder["image.nii"])).IsVolume);
        }
    }

    [Fact]
    public void Volumes_stay_open_between_slices_and_are_told_apart()
    {
        string first = Volume([2, 3, 4]).WriteTo(_folder["first.nii.gz"]),
            second = Volume([2, 3, 4], bigEndian: true).WriteTo(_folder["second.nii.gz"]);
        using var volumes = new OpenVolumes();
        for (int index = 0; index < 4; index++)
        {
            Slice both = SliceReader.Read([$"{first}#slice={index}", $"{second}#slice={3 - index}"], volumes, null);
            Assert.Equal((2, 100f * index, 100f * (3 - index)), (both.Channels, both.Pixels[0], both.Pixels[6]));
        }

        // Forward and back again; another volume or axis is another reading.
        Assert.Equal(0, SliceReader.Read([$"{first}#slice=0"], volumes, null).Pixels[0]);
        Assert.Equal(200, SliceReader.Read([$"{first}#slice=2"], volumes, null).Pixels[0]);
        Assert.Equal(100, SliceReader.Read([$"{first}#slice=1"], volumes, null).Pixels[0]);
        Assert.Equal(1, SliceReader.Read([$"{second}#axis=0,slice=1"], volumes, null).Pixels[0]);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read([$"{second}#axis=0,slice=2"], volumes, null), "no slice 2");
        Assert.Equal(0, SliceReader.Read([$"{second}#axis=0,slice=0"], volumes, null).Pixels[0]);
    }

    private static NiftiBytes Volume(long[] dimensions, int version = 1, bool bigEndian = false, double[]? rows = null)
    {
        long plane = dimensions[0] * dimensions[1], volume = plane * (dimensions.Length > 2 ? dimensions[2] : 1);
        double[] values = [.. Enumerable.Range(0, (int)dimensions.Aggregate(1L, (product, length) => product * length)).Select(at =>
            (double)((1000 * (at / volume)) + (100 * (at % volume / plane)) + (10 * (at % plane / dimensions[0])) + (at % dimensions[0])))];
        return new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = bigEndian,
            Dimensions = dimensions,
            Type = 4,
            Values = values,
            Sform = rows is null ? 0 : 1,
            Rows = rows ?? new double[12],
            PixelDimensions = [1, 0.5, 0.75, 3, 1, 1, 1, 1],
        };
    }

    private static void Expect(string path, int axis, int index, int height, int width, float[] pixels)
    {
        Slice slice = NiftiFile.ReadSlice(path, axis, index);
        Assert.Equal((height, width), (slice.Height, slice.Width));
        Assert.Equal(pixels.Length / height / width, slice.Channels);
        Assert.Equal(pixels, slice.Pixels);
    }
}
