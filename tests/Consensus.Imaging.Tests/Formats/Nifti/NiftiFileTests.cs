using System.IO.Compression;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Slices are listed, read and written back by the public methods.</summary>
public sealed class NiftiFileTests : IDisposable
{
    private static readonly float[] _values = [0, 0.25f, 0.5f, 0.75f, 1, -3];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_slice_of_another_size_than_the_input_is_refused_and_nothing_is_written()
    {
        string from = new NiftiBytes().WriteTo(_folder["image.nii"]);
        Complaint.Expect<ArgumentException>(
            () => NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 3, 2, _values), from), "3×2", "2×3", "image.nii");
        Assert.False(File.Exists(_folder["soft.nii"]));
    }

    [Fact]
    public void Slices_are_listed_and_enumerated_in_order()
    {
        string path = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["volume.nii.gz"]);
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
        string path = NiftiSamples.Volume([9, 3, 4]).WriteTo(_folder["volume.nii.gz"]);
        Assert.Equal((1, 3, 4), SliceReader.ReadSize(path + "#axis=0,slice=8"));
        Assert.Equal((1, 9, 3), SliceReader.ReadSize(path + "#slice=3"));
        Assert.Equal([8, 108, 208, 308], SliceReader.Read(path + "#axis=0,slice=8").Pixels[..4]);
        Assert.Equal(2, SliceReader.Read([path + "#slice=3", path + "#slice=0"]).Channels);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path + "#axis=1,slice=3"), "volume.nii.gz", "3 slices along axis 1", "9×3×4", "no slice 3");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path + "#axis=1,slice=3"), "volume.nii.gz", "no slice 3");
        Complaint.Expect<FileNotFoundException>(() => SliceReader.Read(_folder["absent.nii"] + "#slice=0"), "absent.nii' does not exist");
    }

    [Theory]
    [InlineData(0, "soft.nii")]
    [InlineData(1, "soft.nii.gz")]
    [InlineData(2, "soft.nii.gz")]
    public void Slices_go_back_where_they_were_cut_from(int axis, string name)
    {
        double[] rows = [0.1, 0.2, 0.3, 4, 0.5, 0.6, 0.7, 8, 0.9, 1, 1.1, 12];
        NiftiBytes image = NiftiSamples.Volume([2, 3, 4, 1], version: 2, bigEndian: true, rows: rows);
        string input = image.WriteTo(_folder["volume.nii.gz"]);
        NiftiFile.WriteVolume(_folder[name], NiftiFile.ReadSlices(input, axis), input, axis);

        NiftiHeader expected = NiftiFile.ReadHeader(input), written = NiftiFile.ReadHeader(_folder[name]);
        Assert.Equal(("float32", 2, false), (written.DataType, written.Version, written.BigEndian));
        Assert.Equal([2, 3, 4, 1], written.Shape);
        Assert.Equal(expected.Spacing, written.Spacing);
        Assert.Equal(expected.Affine, written.Affine);
        Assert.Equal((expected.QformCode, expected.SformCode, expected.Units), (written.QformCode, written.SformCode, written.Units));

        // The stored order: x changes fastest, then y, then z. The test's own volume has the same order.
        byte[] bytes = File.ReadAllBytes(_folder[name]);
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unpacked = new MemoryStream();
            using var gzip = new GZipStream(
                new MemoryStream(bytes), CompressionMode.Decompress);
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
        string input = NiftiSamples.Volume([2, 3, 4, 2]).WriteTo(_folder["volume.nii"]),
            flat = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["flat.nii"]);
        NiftiFile.WriteVolume(_folder["same.nii"], NiftiFile.ReadSlices(input, axis), input, axis);
        Assert.Equal([2, 3, 4, 2], NiftiFile.ReadHeader(_folder["same.nii"]).Shape);
        NiftiSamples.ExpectSlice(_folder["same.nii"], 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
        NiftiFile.WriteVolume(_folder["one.nii"], NiftiFile.ReadSlices(flat, axis), input, axis);
        Assert.Equal([2, 3, 4, 1], NiftiFile.ReadHeader(_folder["one.nii"]).Shape);
        NiftiFile.WriteVolume(_folder["two.nii"], NiftiFile.ReadSlices(input, axis), flat, axis);
        Assert.Equal([2, 3, 4, 2], NiftiFile.ReadHeader(_folder["two.nii"]).Shape);
        NiftiSamples.ExpectSlice(_folder["two.nii"], 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
    }

    [Fact]
    public void Slices_that_do_not_fill_the_volume_are_refused_and_the_previous_file_stays()
    {
        string input = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["volume.nii"]), soft = _folder["soft.nii"];
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
}
