using System.Buffers.Binary;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>
/// Headers that bend the standard are read or refused as nibabel 5 does (nifti1.py and analyze.py of its source): what it repairs is
/// repaired, what it raises an error for is refused.
/// </summary>
public sealed class NiftiOddTests : IDisposable
{
    private static readonly float[] _asRows = [1, 3, 5, 2, 4, 6];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(32, 32)]
    [InlineData(20, 20)]
    [InlineData(30, 32)]
    [InlineData(32, 44)]
    public void Extensions_that_fit_are_passed_over(int size, int room)
    {
        // The second number is the room before the values: what is left of it after an extension may be less than another one takes.
        foreach (string name in new[] { "image.nii", "image.nii.gz" })
        {
            foreach ((int version, bool bigEndian) in new[] { (1, false), (2, true) })
            {
                Assert.Equal(_asRows, NiftiFile.ReadSlice(Write(name, Extended(size, room, version, bigEndian))).Pixels);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(-16)]
    [InlineData(int.MinValue)]
    [InlineData(3200)]
    [InlineData(int.MaxValue)]
    public void Extensions_that_do_not_fit_are_refused(int size)
    {
        foreach (string name in new[] { "image.nii", "image.nii.gz" })
        {
            foreach ((int version, bool bigEndian) in new[] { (1, true), (2, false) })
            {
                string path = Write(name, Extended(size, 32, version, bigEndian));
                Complaint.Expect<InvalidDataException>(
                    () => NiftiFile.ReadHeader(path), name, "extension claims " + size, $"byte {(version == 1 ? 352 : 544)}");
            }
        }
    }

    [Fact]
    public void An_extension_into_the_values_passes_only_when_the_file_ends_with_it()
    {
        // 32 bytes of room and 6 bytes of values: an extension of 38 ends where the file does, one of 36 leaves two bytes
        // that are no extension.
        foreach (string name in new[] { "image.nii", "image.nii.gz" })
        {
            Assert.Equal(_asRows, NiftiFile.ReadSlice(Write(name, Extended(38, 32, 1, false))).Pixels);
            Complaint.Expect<InvalidDataException>(
                () => NiftiFile.ReadSlice(Write(name, Extended(36, 32, 1, false))), name, "cut off", "byte 388");
        }
    }

    [Fact]
    public void Extensions_of_a_header_of_its_own_go_to_its_end()
    {
        File.WriteAllBytes(_folder["a.img"], new NiftiBytes().Data());
        byte[] header = new NiftiBytes { Magic = "ni1", Extension = new byte[32] }.Header();
        header[348] = 1;
        byte[] extension = new byte[32];
        extension[0] = 32;
        File.WriteAllBytes(_folder["a.hdr"], header);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(_folder["a.hdr"]).Pixels);
        File.WriteAllBytes(_folder["a.hdr"], [.. header, .. extension, .. extension]);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(_folder["a.hdr"]).Pixels);
        File.WriteAllBytes(_folder["a.hdr"], [.. header, .. extension, 1, 2, 3]);
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["a.hdr"]), "a.hdr", "cut off", "byte 384");
    }

    [Fact]
    public void A_header_without_the_mark_of_extensions_has_none()
    {
        byte[] bytes = Extended(0, 32, 1, false);
        bytes[348] = 0;
        bytes[349] = 1;
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write("image.nii", bytes)).Pixels);
    }

    [Theory]
    [InlineData("ni1", 353)]
    [InlineData("n+1", 353)]
    [InlineData("ni1", 360)]
    [InlineData("ni1", 200)]
    public void The_place_of_the_values_need_not_be_round(string magic, int offset)
    {
        byte[] bytes = [.. new NiftiBytes { Magic = magic, Offset = offset }.Header(), .. new byte[20]];
        byte[] data = new NiftiBytes().Data();
        if (offset < 348)
        {
            // Only the magic of a pair allows values inside the header, here in the fields for a description.
            data.CopyTo(bytes, offset);
        }
        else
        {
            bytes = [.. bytes[..offset], .. data];
        }

        foreach (string name in new[] { "image.nii", "image.nii.gz" })
        {
            Assert.Equal(_asRows, NiftiFile.ReadSlice(Write(name, bytes)).Pixels);
        }
    }

    [Fact]
    public void The_magic_of_a_single_file_in_a_pair_still_keeps_the_values_behind_the_header()
    {
        File.WriteAllBytes(_folder["a.img"], [.. new byte[352], .. new NiftiBytes().Data()]);
        File.WriteAllBytes(_folder["a.hdr"], new NiftiBytes { Offset = 352 }.Header());
        Assert.Equal(_asRows, NiftiFile.ReadSlice(_folder["a.hdr"]).Pixels);
        File.WriteAllBytes(_folder["a.hdr"], new NiftiBytes { Offset = 16 }.Header());
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(_folder["a.hdr"]), "a.hdr", "vox_offset", "16", "352");
    }

    [Fact]
    public void The_length_of_the_header_and_the_bits_of_a_value_may_be_wrong()
    {
        byte[] bytes = new NiftiBytes().SingleFile();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 0);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(72), 99);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write("image.nii", bytes)).Pixels);
    }

    [Fact]
    public void Long_surfaces_are_stored_by_tricks()
    {
        NiftiHeader any = NiftiFile.ReadHeader(
            Write("long.nii", WithSmallestGrey(new NiftiBytes { Dimensions = [-1, 1, 1, 2], Values = new double[24] }.SingleFile(), 12)));
        Assert.Equal([12, 1, 1, 2], any.Shape);
        Assert.Equal([163842, 1, 1], NiftiFile.ReadHeader(
            new NiftiBytes { Dimensions = [27307, 1, 6], Values = new double[163842] }.WriteTo(_folder["seventh.nii"])).Shape);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadHeader(
                Write("long.nii", WithSmallestGrey(new NiftiBytes { Dimensions = [-1, 1, 1], Values = [1] }.SingleFile(), 0))),
            "long.nii",
            "dim[1]");

        static byte[] WithSmallestGrey(byte[] bytes, int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(144), value);
            return bytes;
        }
    }

    [Fact]
    public void Surface_matrices_are_refused_by_name()
    {
        byte[] bytes = new NiftiBytes { Version = 2, Magic = "n+2" }.SingleFile();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(504), 3002);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadHeader(Write("a.dtseries.nii", bytes)), "a.dtseries.nii", "CIFTI-2", "3002");
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(504), 2999);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write("a.nii", bytes)).Pixels);
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

    [Fact]
    public void Gzip_in_several_parts_or_with_something_behind_it_reads()
    {
        byte[] whole = new NiftiBytes().SingleFile(), packed = NiftiBytes.Gzip(whole);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write(
            "parts.nii.gz",
            [.. NiftiBytes.Gzip(whole[..100]), .. NiftiBytes.Gzip(whole[100..355]), .. NiftiBytes.Gzip(whole[355..])],
            pack: false)).Pixels);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write("padded.nii.gz", [.. packed, .. new byte[100]], pack: false)).Pixels);
        Assert.Equal(
            _asRows, NiftiFile.ReadSlice(Write("longer.nii.gz", NiftiBytes.Gzip([.. whole, .. new byte[100]]), pack: false)).Pixels);
    }

    /// <summary>A single file of six bytes of values, with one extension of this claimed size in this much room.</summary>
    private static byte[] Extended(int size, int room, int version, bool bigEndian)
    {
        byte[] bytes = new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = bigEndian,
            Extension = [.. Enumerable.Repeat((byte)99, room)],
        }.SingleFile();
        int end = version == 1 ? 352 : 544;
        bytes[end - 4] = 1;
        if (bigEndian)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(end), size);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(end), size);
        }

        return bytes;
    }

    private string Write(string name, byte[] bytes, bool pack = true)
    {
        File.WriteAllBytes(_folder[name], pack && name.EndsWith(".gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(bytes) : bytes);
        return _folder[name];
    }
}
