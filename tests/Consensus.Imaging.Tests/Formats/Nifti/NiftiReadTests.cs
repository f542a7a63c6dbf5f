using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

public sealed class NiftiReadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<short, string, double[]> Types => new()
    {
        { 2, "uint8", [0, 1, 127, 128, 254, 255] },
        { 256, "int8", [-128, -1, 0, 1, 100, 127] },
        { 4, "int16", [-32768, -1, 0, 1, 256, 32767] },
        { 512, "uint16", [0, 1, 255, 256, 32768, 65535] },
        { 8, "int32", [-8388608, -1, 0, 1, 65536, 8388607] },
        { 768, "uint32", [0, 1, 255, 65536, 8388607, 4294967040] },
        { 1024, "int64", [-1099511627776, -1, 0, 1, 65536, 1099511627776] },
        { 1280, "uint64", [0, 1, 255, 65536, 1099511627776, 9223372036854775808] },
        { 16, "float32", [-1.5, 0, 0.25, 3, 1e30, -1e-30] },
        { 64, "float64", [-1.5, 0, 0.25, 3, 1e30, -1024] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_in_both_byte_orders_and_versions_turns_file_columns_into_rows(short type, string name, double[] values)
    {
        foreach (int version in new[] { 1, 2 })
        {
            foreach (bool bigEndian in new[] { false, true })
            {
                string path = new NiftiBytes
                {
                    Version = version,
                    Magic = version == 1 ? "n+1" : "n+2",
                    BigEndian = bigEndian,
                    Type = type,
                    Values = values,
                }.WriteTo(_folder["image.nii"]);

                NiftiHeader header = NiftiFile.ReadHeader(path);
                Assert.Equal((version, name, bigEndian), (header.Version, header.DataType, header.BigEndian));

                // Axis 0 of the file, the fastest, has 2 values and becomes the rows.
                Slice slice = NiftiFile.ReadSlice(path);
                Assert.Equal((1, 2, 3), (slice.Channels, slice.Height, slice.Width));
                double[] expected = [values[0], values[2], values[4], values[1], values[3], values[5]];
                Assert.Equal(expected.Select(value => (float)value), slice.Pixels);

                NiftiStatistics statistics = NiftiFile.ReadStatistics(path);
                Assert.Equal(name == "float32" ? (float)values.Min() : values.Min(), statistics.Minimum);
                Assert.Equal(name == "float32" ? (float)values.Max() : values.Max(), statistics.Maximum);
                Assert.Equal((6, 0), (statistics.Count, statistics.NonFinite));
            }
        }
    }

    [Theory]
    [InlineData(2, -1, new float[] { 1, 5, 9, 3, 7, 11 })]
    [InlineData(0, 5, new float[] { 1, 3, 5, 2, 4, 6 })]
    [InlineData(double.NaN, 5, new float[] { 1, 3, 5, 2, 4, 6 })]
    [InlineData(double.PositiveInfinity, 5, new float[] { 1, 3, 5, 2, 4, 6 })]
    [InlineData(1, 0.5, new float[] { 1.5f, 3.5f, 5.5f, 2.5f, 4.5f, 6.5f })]
    public void Slope_and_intercept_apply_and_a_slope_of_zero_or_no_number_means_none(double slope, double intercept, float[] expected)
    {
        string path = new NiftiBytes { Slope = slope, Intercept = intercept }.WriteTo(_folder["image.nii.gz"]);
        Assert.Equal(expected, NiftiFile.ReadSlice(path).Pixels);
        NiftiStatistics statistics = NiftiFile.ReadStatistics(path);
        Assert.Equal((expected.Min(), expected.Max()), ((float)statistics.Minimum, (float)statistics.Maximum));
        Assert.Equal(expected.Average(), statistics.Mean, 1e-12);
    }

    [Fact]
    public void A_slope_with_an_infinite_intercept_is_refused()
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(new NiftiBytes { Slope = 2, Intercept = double.PositiveInfinity }.WriteTo(_folder["image.nii"])),
            "image.nii", "slope 2", "intercept");

    [Theory]
    [InlineData(new long[] { 2, 3, 1 }, 1)]
    [InlineData(new long[] { 2, 3, 1, 1, 1, 1, 1 }, 1)]
    [InlineData(new long[] { 2, 3, 2 }, 2)]
    [InlineData(new long[] { 2, 3, 1, 2 }, 2)]
    [InlineData(new long[] { 2, 3, 2, 1 }, 2)]
    [InlineData(new long[] { 2, 3, 1, 1, 2 }, 2)]
    public void Trailing_axes_of_one_are_dropped_and_one_short_axis_holds_the_channels(long[] dimensions, int channels)
    {
        string path = new NiftiBytes
        {
            Dimensions = dimensions,
            Values = [.. Enumerable.Range(1, 6 * channels).Select(value => (double)value)],
        }.WriteTo(_folder["image.nii"]);
        Slice slice = NiftiFile.ReadSlice(path);
        Assert.Equal((channels, 2, 3), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([1, 3, 5, 2, 4, 6], slice.Pixels[..6]);
        if (channels == 2)
        {
            Assert.Equal([7, 9, 11, 8, 10, 12], slice.Pixels[6..]);
        }

        Assert.Equal(dimensions, NiftiFile.ReadHeader(path).Shape);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 9 })]
    [InlineData(new long[] { 2, 3, 2, 2 })]
    public void A_volume_is_refused_as_a_slice_but_summed_up(long[] dimensions)
    {
        int count = (int)dimensions.Aggregate(1L, (product, length) => product * length);
        string path = new NiftiBytes { Dimensions = dimensions, Values = [.. Enumerable.Range(1, count).Select(value => (double)value)] }
            .WriteTo(_folder["volume.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(path), path, string.Join('×', dimensions), "volume", "1 to 8 channels");
        Assert.Equal((count + 1) / 2.0, NiftiFile.ReadStatistics(path).Mean, 1e-12);
    }

    [Fact]
    public void A_line_of_values_is_no_slice()
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(new NiftiBytes { Dimensions = [6] }.WriteTo(_folder["line.nii"])), "line.nii", "shape 6", "two axes");

    [Fact]
    public void A_plane_larger_than_a_block_is_turned_around_in_full()
    {
        // 700 × 500 float64 values fill more than twenty blocks; 40000 × 3 needs several for one column.
        foreach ((int rows, int columns) in new[] { (700, 500), (20000, 3), (1, 1), (3, 20000) })
        {
            double[] values = [.. Enumerable.Range(0, rows * columns).Select(value => (double)value)];
            string path = new NiftiBytes { Dimensions = [rows, columns], Type = 64, Values = values }.WriteTo(_folder["large.nii"]);
            float[] pixels = NiftiFile.ReadSlice(path).Pixels;
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    Assert.True(pixels[(row * columns) + column] == (column * rows) + row, $"wrong value at row {row}, column {column}");
                }
            }
        }
    }

    [Fact]
    public void Statistics_leave_out_what_is_not_finite_and_count_it()
    {
        string path = new NiftiBytes { Type = 64, Values = [1, double.NaN, 2, double.PositiveInfinity, 6, double.NegativeInfinity] }
            .WriteTo(_folder["image.nii"]);
        Assert.Equal(new NiftiStatistics(1, 6, 3, 6, 3), NiftiFile.ReadStatistics(path));
    }

    [Fact]
    public void Statistics_of_nothing_finite_are_no_numbers()
    {
        string path = new NiftiBytes { Dimensions = [1, 1], Type = 16, Values = [double.NaN] }.WriteTo(_folder["image.nii"]);
        Assert.Equal(new NiftiStatistics(double.NaN, double.NaN, double.NaN, 1, 1), NiftiFile.ReadStatistics(path));
    }

    [Fact]
    public void Extensions_between_header_and_values_are_passed_over()
    {
        foreach (string name in new[] { "image.nii", "image.nii.gz" })
        {
            string path = new NiftiBytes { Extension = [.. Enumerable.Repeat((byte)99, 64)] }.WriteTo(_folder[name]);
            Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(path).Pixels);
        }
    }

    [Theory]
    [InlineData(".hdr", ".img")]
    [InlineData(".hdr.gz", ".img.gz")]
    [InlineData(".hdr", ".img.gz")]
    [InlineData(".hdr.gz", ".img")]
    [InlineData(".HDR", ".IMG")]
    public void Both_halves_of_a_pair_open_it_whichever_is_compressed(string headerEnd, string imageEnd)
    {
        foreach (int version in new[] { 1, 2 })
        {
            var image = new NiftiBytes { Version = version, Magic = version == 1 ? "ni1" : "ni2", Offset = 4 };
            byte[] header = image.Header(), data = [9, 9, 9, 9, .. image.Data()];
            File.WriteAllBytes(
                _folder["brain" + headerEnd], headerEnd.EndsWith("gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(header) : header);
            File.WriteAllBytes(
                _folder["brain" + imageEnd], imageEnd.EndsWith("gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(data) : data);
            foreach (string end in new[] { headerEnd, imageEnd })
            {
                Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["brain" + end]).Pixels);
                Assert.Equal(_folder["brain" + imageEnd], NiftiFile.ReadHeader(_folder["brain" + end]).ImagePath);
            }
        }
    }

    [Fact]
    public void Half_a_pair_says_which_file_is_missing()
    {
        var image = new NiftiBytes { Magic = "ni1" };
        File.WriteAllBytes(_folder["a.hdr"], image.Header());
        File.WriteAllBytes(_folder["b.img"], image.Data());
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["a.hdr"]), "a.hdr", "a.img");
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["b.img"]), "b.img", "b.hdr");
        Assert.Equal([2, 3], NiftiFile.ReadHeader(_folder["a.hdr"]).Shape);
    }

    [Fact]
    public void Gzip_is_known_by_content_and_not_by_name()
    {
        File.WriteAllBytes(_folder["packed.nii"], NiftiBytes.Gzip(new NiftiBytes().SingleFile()));
        File.WriteAllBytes(_folder["plain.nii.gz"], new NiftiBytes().SingleFile());
        Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["packed.nii"]).Pixels);
        Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["plain.nii.gz"]).Pixels);
    }

    [Theory]
    [InlineData(128, "RGB")]
    [InlineData(2304, "RGBA")]
    [InlineData(32, "complex64")]
    [InlineData(1792, "complex128")]
    [InlineData(2048, "complex256")]
    [InlineData(1536, "float128")]
    [InlineData(1, "binary")]
    [InlineData(0, "unknown")]
    [InlineData(77, "77")]
    public void Colour_complex_and_wide_types_are_refused_by_name(short type, string name)
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadHeader(new NiftiBytes { Type = type }.WriteTo(_folder["image.nii"])), "image.nii", name, "uint8",
            "float64");

    [Fact]
    public void What_is_no_nifti_file_is_refused_in_one_line()
    {
        File.WriteAllText(_folder["notes.nii"], string.Concat(Enumerable.Repeat("This is a text.\n", 60)));
        File.WriteAllText(_folder["short.nii"], "hello");
        File.WriteAllBytes(_folder["empty.nii"], []);
        File.WriteAllBytes(_folder["empty.nii.gz"], NiftiBytes.Gzip([]));
        File.WriteAllBytes(_folder["analyze.hdr"], new NiftiBytes { Magic = "" }.Header());
        File.WriteAllBytes(_folder["analyze.img"], []);
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["notes.nii"]), "notes.nii", "not a NIfTI file", "'n+1'");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["short.nii"]), "short.nii", "5 bytes", "348");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["empty.nii"]), "empty.nii", "empty");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["empty.nii.gz"]), "empty.nii.gz", "empty");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["analyze.hdr"]), "analyze.hdr", "ANALYZE");
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["absent.nii"]), "absent.nii", "does not exist");
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["no", "such.nii"]), "such.nii", "does not exist");
        Complaint.Expect<IOException>(() => NiftiFile.ReadSlice(_folder.Root), _folder.Root, "folder");
    }

    [Fact]
    public void Fields_out_of_range_are_refused_with_their_name_and_value()
    {
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { DimensionCount = 0 }), "dim[0]", "0", "1 to 7");
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { Dimensions = [2, 0, 3] }), "dim[2]", "length 0", "at least 1");
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { Dimensions = [2, -3] }), "dim[2]", "-3");
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { Offset = 100 }), "vox_offset", "100", "352");
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { Offset = double.NaN }), "vox_offset");
        Complaint.Expect<InvalidDataException>(() => Read(new NiftiBytes { Version = 2, Magic = "n+3" }), "n+3", "n+2");
        byte[] asText = new NiftiBytes { Version = 2, Magic = "n+2" }.SingleFile();
        asText[8] = 10;
        File.WriteAllBytes(_folder["text.nii"], asText);
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["text.nii"]), "text.nii", "transferred as text");

        void Read(NiftiBytes image) => NiftiFile.ReadSlice(image.WriteTo(_folder["image.nii"]));
    }

    [Fact]
    public void A_file_shorter_than_its_header_promises_is_refused_wherever_it_ends()
    {
        var image = new NiftiBytes
        {
            Dimensions = [64, 64],
            Type = 4,
            Values = [.. Enumerable.Range(0, 4096).Select(value => (double)((value * 7919) % 30000))],
        };
        byte[] plain = image.SingleFile(), packed = NiftiBytes.Gzip(plain);
        foreach (int length in new[] { plain.Length - 1, 4000, 353, 352 })
        {
            File.WriteAllBytes(_folder["cut.nii"], plain[..length]);
            Complaint.Expect<InvalidDataException>(
                () => NiftiFile.ReadSlice(_folder["cut.nii"]), "cut.nii", "truncated", "8192 bytes", $"only {length - 352}");
            Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadStatistics(_folder["cut.nii"]), "cut.nii", "truncated");

            File.WriteAllBytes(_folder["short.nii.gz"], NiftiBytes.Gzip(plain[..length]));
            Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["short.nii.gz"]), "short.nii.gz", "truncated");
        }

        // Before the end-of-data mark, the checksum and the length (a dozen bytes), down to little more than the magic.
        foreach (int length in new[] { packed.Length - 20, packed.Length - 100, packed.Length / 2, 30, 3 })
        {
            File.WriteAllBytes(_folder["cut.nii.gz"], packed[..length]);
            Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["cut.nii.gz"]), "cut.nii.gz");
            Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadStatistics(_folder["cut.nii.gz"]), "cut.nii.gz");
        }

        foreach (int place in new[] { packed.Length / 2, packed.Length - 6 })
        {
            byte[] damaged = [.. packed];
            damaged[place] ^= 0x10;
            File.WriteAllBytes(_folder["damaged.nii.gz"], damaged);
            Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["damaged.nii.gz"]), "damaged.nii.gz", "damaged");
        }
    }

    [Fact]
    public void A_promise_of_gigabytes_takes_no_memory()
    {
        // The largest slice that is allowed, in a file of some hundred bytes; and sizes that no number holds.
        string[] paths =
        [
            new NiftiBytes { Dimensions = [16384, 16384], Type = 64, Values = [] }.WriteTo(_folder["huge.nii"]),
            new NiftiBytes { Dimensions = [16384, 16384], Type = 64, Values = [] }.WriteTo(_folder["huge.nii.gz"]),
            new NiftiBytes { Dimensions = [32767, 32767, 8], Type = 64, Values = [] }.WriteTo(_folder["larger.nii.gz"]),
            new NiftiBytes
            {
                Version = 2,
                Magic = "n+2",
                Dimensions = [long.MaxValue, long.MaxValue, long.MaxValue],
                Type = 64,
                Values = [],
            }.WriteTo(_folder["absurd.nii.gz"]),
            new NiftiBytes { Version = 2, Magic = "n+2", Dimensions = [3, 2], Offset = long.MaxValue / 2, Type = 64, Values = [] }
                .WriteTo(_folder["far.nii.gz"]),
        ];
        Refuse();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuse();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);

        void Refuse()
        {
            foreach (string path in paths)
            {
                Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(path), path);
                Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadStatistics(path), path);
            }
        }
    }

    [Fact]
    public void A_well_packed_image_is_not_taken_for_a_false_promise()
    {
        string path = new NiftiBytes { Dimensions = [2000, 2000], Values = new double[4_000_000] }.WriteTo(_folder["zeros.nii.gz"]);
        Assert.InRange(new FileInfo(path).Length, 1, 20_000);
        Assert.Equal(4_000_000, NiftiFile.ReadSlice(path).Pixels.Length);
    }

    [Fact]
    public void Statistics_of_a_large_file_take_no_memory_for_it()
    {
        string path = new NiftiBytes { Dimensions = [1000, 100, 40], Type = 4, Values = [.. Enumerable.Repeat(3.0, 4_000_000)] }
            .WriteTo(_folder["large.nii.gz"]);
        NiftiFile.ReadStatistics(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(3, NiftiFile.ReadStatistics(path).Mean);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
    }

    [Fact]
    public void Changed_bytes_end_in_a_reading_or_in_a_clear_complaint()
    {
        var random = new Random(20230604);
        byte[][] originals =
        [
            new NiftiBytes
            {
                Dimensions = [8, 7, 2],
                Type = 4,
                Values = [.. Enumerable.Range(0, 112).Select(value => (double)value)],
                Qform = 1,
                PixelDimensions = [1, 2, 2, 2, 0, 0, 0, 0],
            }.SingleFile(),
            new NiftiBytes { Version = 2, Magic = "n+2", BigEndian = true, Dimensions = [8, 7], Type = 64, Values = new double[56] }
                .SingleFile(),
        ];
        int refused = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] bytes = [.. originals[round % originals.Length]];
            bool packed = round % 3 == 0, inside = round % 6 == 0;
            bytes = packed && inside ? NiftiBytes.Gzip(bytes) : bytes;
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(random.Next(2) == 0 ? Math.Min(130, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
            }

            bytes = packed && !inside ? NiftiBytes.Gzip(bytes) : bytes;
            string path = _folder["mutant.nii"];
            File.WriteAllBytes(path, bytes[..(random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length)]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                NiftiFile.ReadStatistics(path);
                NiftiFile.ReadSlice(path);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains("mutant.nii", exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }

        Assert.InRange(refused, 300, 1450);
    }
}
