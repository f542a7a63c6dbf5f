using System.Buffers.Binary;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Stored values of every type become the right numbers, at the right row and column.</summary>
public sealed class NiftiValuesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

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

    public void Dispose() => _folder.Dispose();

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

                // Axis 0 of the file changes fastest. It has 2 values and becomes the rows.
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
    public void A_plane_larger_than_a_block_is_turned_around_in_full()
    {
        // 700 × 500 float64 values fill more than twenty blocks. With 20000 × 3 values, one column needs several blocks.
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
    public void Integers_beyond_53_bits_are_rounded_to_double_precision()
    {
        byte[] bytes = new NiftiBytes { Dimensions = [1, 2], Type = 1280, Values = [0, 0] }.SingleFile();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(352), ulong.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(360), (1UL << 53) + 1);
        NiftiStatistics statistics = NiftiFile.ReadStatistics(Write("large.nii", bytes));
        Assert.Equal((9007199254740992.0, 18446744073709551616.0), (statistics.Minimum, statistics.Maximum));
    }

    private string Write(string name, byte[] bytes, bool pack = true)
    {
        File.WriteAllBytes(_folder[name], pack && name.EndsWith(".gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(bytes) : bytes);
        return _folder[name];
    }
}
