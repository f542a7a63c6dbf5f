using System.Buffers.Binary;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Extensions between header and values are skipped, or refused if they do not fit, as in nibabel 5.</summary>
public sealed class NiftiExtensionsTests : IDisposable
{
    private static readonly float[] _asRows = [1, 3, 5, 2, 4, 6];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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
    [InlineData(32, 32)]
    [InlineData(20, 20)]
    [InlineData(30, 32)]
    [InlineData(32, 44)]
    public void Extensions_that_fit_are_passed_over(int size, int room)
    {
        // The second number is the room before the values. After one extension, the rest of the room may be too small for another one.
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
        // There are 32 bytes of room and 6 bytes of values. An extension of 38 bytes ends at the end of the file. An extension of 36 bytes
        // leaves two bytes, which are not an extension.
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

    /// <summary>A single file with six bytes of values. It has one extension that claims this size, in this much room.</summary>
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
