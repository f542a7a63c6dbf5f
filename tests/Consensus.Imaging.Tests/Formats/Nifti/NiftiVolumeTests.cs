using System.IO.Compression;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Storage;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Slices of a volume can be read in any order and from any kind of file, in little memory.</summary>
public sealed class NiftiVolumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Slope_and_intercept_apply_to_slices_of_volumes()
    {
        string path = new NiftiBytes { Dimensions = [2, 2, 2], Values = [1, 2, 3, 4, 5, 6, 7, 8], Slope = 2, Intercept = -1 }
            .WriteTo(_folder["scaled.nii"]);
        Assert.Equal([9, 13, 11, 15], NiftiFile.ReadSlice(path, 2, 1).Pixels);
    }

    [Theory]
    [InlineData("volume.nii")]
    [InlineData("volume.nii.gz")]
    public void Slices_come_out_the_same_in_any_order_and_with_any_memory(string name)
    {
        long[] shape = [7, 5, 11, 2];
        string path = NiftiSamples.Volume(shape).WriteTo(_folder[name]);
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
    public void A_truncated_volume_is_refused_at_the_slices_that_are_missing()
    {
        byte[] bytes = NiftiSamples.Volume([4, 4, 4]).SingleFile();
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
        // 64 million zeros take about 60 kB. The volume is correct, and one slice has 10,000 values.
        string path = _folder["zeros.nii.gz"];
        using (var stream = new GZipStream(File.Create(path), CompressionLevel.Optimal))
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
}
