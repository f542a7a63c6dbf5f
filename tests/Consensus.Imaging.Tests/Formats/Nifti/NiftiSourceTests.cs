using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Memory is allocated only if the file holds the values that its header promises.</summary>
public sealed class NiftiSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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

        // The file is cut before the end-of-data mark, the checksum and the length (about twelve bytes), and down to little more than the
        // magic.
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
        // Some files of a few hundred bytes promise the largest allowed slice. Others promise sizes that no integer can hold.
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
}
