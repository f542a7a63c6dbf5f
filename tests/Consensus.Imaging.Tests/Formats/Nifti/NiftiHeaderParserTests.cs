using System.Buffers.Binary;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Headers that break the standard are repaired or refused as in nibabel 5 (nifti1.py and analyze.py of its source).</summary>
public sealed class NiftiHeaderParserTests : IDisposable
{
    private static readonly float[] _asRows = [1, 3, 5, 2, 4, 6];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_slope_with_an_infinite_intercept_is_refused()
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(new NiftiBytes { Slope = 2, Intercept = double.PositiveInfinity }.WriteTo(_folder["image.nii"])),
            "image.nii", "slope 2", "intercept");

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
            // Only the magic of a pair allows values inside the header. Here they lie in the field for a description.
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

    private string Write(string name, byte[] bytes, bool pack = true)
    {
        File.WriteAllBytes(_folder[name], pack && name.EndsWith(".gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(bytes) : bytes);
        return _folder[name];
    }
}
