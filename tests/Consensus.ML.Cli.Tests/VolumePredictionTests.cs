using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus predict</c> on volumes: a map in the geometry of the volume, which is cut along the given axis.</summary>
public sealed class VolumePredictionTests(TrainedModel model) : IClassFixture<TrainedModel>, IDisposable
{
    private static readonly string[] Quick = ["--generations", "1", "--sampler", "ddim", "--sampling-steps", "1", "--precision", "float32"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_volume_becomes_one_map_with_its_geometry_and_a_picture()
    {
        string volume = WriteVolume("scan.nii.gz", 36, 40, 10);
        CommandRun run = Predict(volume).AssertSucceeded();
        Assert.Contains("scan: 10 slices of 36×40 along axis 2, ", run.Out, StringComparison.Ordinal);
        Assert.Equal(
            [_workspace["maps/scan.png"], _workspace["maps/scan_soft.nii.gz"]],
            Directory.GetFiles(_workspace["maps"]).Order(StringComparer.Ordinal));
        NiftiHeader image = NiftiFile.ReadHeader(volume), map = NiftiFile.ReadHeader(_workspace["maps/scan_soft.nii.gz"]);
        Assert.Equal(image.Shape, map.Shape);
        Assert.Equal(image.Affine, map.Affine);
        Assert.Equal(image.Spacing, map.Spacing);
        Assert.Equal("float32", map.DataType);
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(1, 3)]
    public void Each_slice_of_the_map_is_the_prediction_of_that_slice_alone(int axis, int index)
    {
        string volume = WriteVolume("scan.nii.gz", 10, 12, 11);
        Predict(volume, "--axis", axis.ToString(System.Globalization.CultureInfo.InvariantCulture)).AssertSucceeded();
        Slice inVolume = NiftiFile.ReadSlice(_workspace["maps/scan_soft.nii.gz"], axis, index);

        Predict($"{volume}#axis={axis},slice={index}").AssertSucceeded();
        string alone = Assert.Single(Directory.GetFiles(_workspace["maps"]), path =>
            path.EndsWith("_soft.nii.gz", StringComparison.Ordinal) && !path.EndsWith("scan_soft.nii.gz", StringComparison.Ordinal));
        Slice slice = NiftiFile.ReadSlice(alone);
        Assert.Equal((inVolume.Height, inVolume.Width), (slice.Height, slice.Width));

        // Rows of the same batch are equal to the bit. Batches of another shape are equal within the rounding of single precision.
        Assert.All(inVolume.Pixels.Zip(slice.Pixels), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.All(inVolume.Geometry.Affine.Zip(slice.Geometry.Affine), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void A_volume_is_read_to_its_end_before_any_slice_is_predicted()
    {
        string volume = WriteVolume("scan.nii", 36, 40, 10);
        File.WriteAllBytes(_workspace["cut.nii"], File.ReadAllBytes(volume)[..^1]);
        Predict(_workspace["cut.nii"]).AssertFailed(1, "cut.nii", "truncated");
        Assert.False(Directory.Exists(_workspace["maps"]));
    }

    [Fact]
    public void An_axis_that_is_none_of_space_is_refused() =>
        Predict(WriteVolume("scan.nii", 4, 4, 10), "--axis", "3").AssertFailed(2, "--axis", "0, 1, 2");

    private CommandRun Predict(string input, params string[] more) =>
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", _workspace["maps"], .. Quick, .. more, input]);

    /// <summary>A volume of bright blocks that grow from slice to slice.</summary>
    private string WriteVolume(string name, int x, int y, int z)
    {
        string like = _workspace["like.nii"];
        byte[] bytes = new byte[352 + (x * y * z)];
        BitConverter.TryWriteBytes(bytes, 348);
        short[] shape = [3, (short)x, (short)y, (short)z, 1, 1, 1, 1];
        Buffer.BlockCopy(shape, 0, bytes, 40, 16);
        bytes[70] = 2;
        float[] spacing = [1, 0.5f, 0.75f, 3, 1, 1, 1, 1];
        Buffer.BlockCopy(spacing, 0, bytes, 76, 32);
        bytes[254] = 1;
        float[] rows = [0.5f, 0, 0, -10, 0, 0.75f, 0, -20, 0, 0, 3, -30];
        Buffer.BlockCopy(rows, 0, bytes, 280, 48);
        "n+1"u8.CopyTo(bytes.AsSpan(344));
        for (int at = 0; at < x * y * z; at++)
        {
            bytes[352 + at] = (byte)((at * 7 % 50) + (at % x < at / (x * y) * 3 ? 150 : 0));
        }

        File.WriteAllBytes(like, bytes);
        string path = _workspace[name];
        NiftiFile.WriteVolume(path, NiftiFile.ReadSlices(like), like);
        File.Delete(like);
        return path;
    }
}
