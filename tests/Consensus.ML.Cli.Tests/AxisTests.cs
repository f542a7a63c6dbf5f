using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Cli.Tests;

/// <summary>A model remembers the axis along which its volumes were cut. Volumes to predict are cut along that axis, or refused.</summary>
public sealed class AxisTests(AxisTests.Models models) : IClassFixture<AxisTests.Models>, IDisposable
{
    private static readonly string[] Quick = ["--generations", "1", "--sampler", "ddim", "--sampling-steps", "1", "--precision", "float32"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_volume_is_cut_as_the_models_were_and_that_is_said_once()
    {
        CommandRun run = Predict(models.Along0, WriteVolume("one.nii.gz", 9, 20, 24), WriteVolume("two.nii.gz", 9, 20, 24))
            .AssertSucceeded();
        string said = Assert.Single(run.Out.Split('\n'), line => line.Contains("Volumes are cut", StringComparison.Ordinal));
        Assert.Equal("Volumes are cut along axis 0, like the volumes that the model was trained on", said.TrimEnd());
        Assert.Contains("one: 9 slices of 20×24 along axis 0, ", run.Out, StringComparison.Ordinal);
        Assert.Contains("two: 9 slices of 20×24 along axis 0, ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_axis_than_the_models_is_refused()
    {
        Predict(models.Along0, WriteVolume("scan.nii.gz", 9, 20, 24), "--axis", "2").AssertFailed(2, "--axis is 2", "axis 0");
        Assert.False(Directory.Exists(_workspace["maps"]));
        Predict(models.Along0, WriteVolume("scan.nii.gz", 9, 20, 24), "--axis", "0").AssertSucceeded();
    }

    [Fact]
    public void A_slice_that_lies_along_another_axis_than_the_models_is_refused()
    {
        Predict(models.Along0, WriteVolume("side.nii.gz", 20, 1, 24))
            .AssertFailed(1, "side.nii.gz", "20×1×24", "one slice along axis 1", "trained on slices along axis 0");
        Predict(models.Along0, $"{WriteVolume("scan.nii.gz", 9, 20, 24)}#axis=2,slice=3")
            .AssertFailed(1, "scan.nii.gz#axis=2,slice=3", "axis 2", "axis 0");
        CommandRun run = Predict(models.Along0, WriteVolume("front.nii.gz", 1, 20, 24)).AssertSucceeded();
        Assert.Contains("front: 20×24, one slice along axis 0, ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_axes_say_nothing_and_are_free() => Predict(models.Along0, WriteVolume("flat.nii.gz", 20, 24)).AssertSucceeded();

    [Fact]
    public void A_model_of_single_slices_takes_a_slice_however_it_is_stored()
    {
        string image = WriteVolume("scan.nii.gz", 1, 32, 40);
        CommandRun run = Predict(models.OfSlices.Path, image).AssertSucceeded();
        Assert.Contains("scan: 32×40, one slice along axis 0, ", run.Out, StringComparison.Ordinal);
        NiftiHeader map = NiftiFile.ReadHeader(_workspace["maps/scan_soft.nii.gz"]);
        Assert.Equal([1, 32, 40], map.Shape);
        Predict(models.OfSlices.Path, image, "--axis", "2").AssertFailed(1, "scan.nii.gz", "one slice along axis 0", "--axis is 2");

        // The same slice has the same map when it is stored along the usual axis.
        Slice stored = SliceReader.Read(image);
        NiftiFile.WriteSlice(_workspace["usual.nii.gz"], stored);
        Predict(models.OfSlices.Path, _workspace["usual.nii.gz"]).AssertSucceeded();
        Assert.Equal(
            SliceReader.Read(_workspace["maps/scan_soft.nii.gz"]).Pixels, SliceReader.Read(_workspace["maps/usual_soft.nii.gz"]).Pixels);
    }

    [Fact]
    public void A_model_of_single_slices_says_that_it_does_not_know()
    {
        CommandRun run = Predict(models.OfSlices.Path, WriteVolume("scan.nii.gz", 20, 24, 9)).AssertSucceeded();
        Assert.Contains(
            "Volumes are cut along axis 2: the model was trained on single slices, or did not record the axis; --axis chooses another",
            run.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_several_axes_is_warned_of_and_wants_to_be_told()
    {
        Assert.Contains(
            "Slices lie along axes 0 and 2 of their volumes: the model cannot tell how to cut a volume",
            models.MixedTraining.Error,
            StringComparison.Ordinal);
        string scan = WriteVolume("scan.nii.gz", 9, 20, 24);
        Predict(models.Mixed, scan).AssertFailed(2, "axes 0 and 2", "--axis", "scan.nii.gz");
        Predict(models.Mixed, scan, "--axis", "1").AssertFailed(2, "--axis is 1", "0 and 2");
        Predict(models.Mixed, scan, "--axis", "0").AssertSucceeded();
    }

    [Fact]
    public void Evaluation_refuses_slices_along_another_axis()
    {
        string manifest = Models.Manifest(_workspace, "other", 2);
        CommandRun.InProcess("evaluate", "--model", models.Along0, "--data", manifest, "--split", "train", "--generations", "1")
            .AssertFailed(1, "scan.nii.gz#axis=2,slice=0", "axis 2", "axis 0");
    }

    [Fact]
    public void Members_of_an_ensemble_were_cut_alike() =>
        CommandRun.InProcess("ensemble", "--out", _workspace["together.zip"], models.Along0, models.Along2)
            .AssertFailed(1, "axis 0", "axis 2");

    private CommandRun Predict(string model, params string[] more) =>
        CommandRun.InProcess(["predict", "--model", model, "--out", _workspace["maps"], .. Quick, .. more]);

    private string WriteVolume(string name, params int[] shape) =>
        Models.Write(_workspace[name], shape, (at, size) => (at * 7 % 50) + (at > size / 2 ? 150 : 0));

    /// <summary>Small models that have learnt almost nothing: from volumes along one axis, along another, and along both.</summary>
    public sealed class Models : IDisposable
    {
        private readonly Workspace _workspace = new();

        public Models()
        {
            (Along0, Along2, Mixed) = (_workspace["along0.zip"], _workspace["along2.zip"], _workspace["mixed.zip"]);
            Train(Along0, Manifest(_workspace, "along0", 0));
            Train(Along2, Manifest(_workspace, "along2", 2), "--seed", "2");
            MixedTraining = Train(Mixed, Manifest(_workspace, "mixed", 0, 2));
        }

        public TrainedModel OfSlices { get; } = new();

        public string Along0 { get; }

        public string Along2 { get; }

        public string Mixed { get; }

        internal CommandRun MixedTraining { get; }

        public void Dispose()
        {
            OfSlices.Dispose();
            _workspace.Dispose();
        }

        /// <summary>A set of one cube that two raters have segmented, cut along each of these axes.</summary>
        internal static string Manifest(Workspace workspace, string name, params int[] axes)
        {
            Write(workspace["scan.nii.gz"], [10, 10, 10], (at, size) => (at * 7 % 50) + (at % 10 > 4 ? 150 : 0));
            Write(workspace["ann.nii.gz"], [10, 10, 10], (at, size) => at % 10 > 4 ? 1 : 0);
            Write(workspace["ben.nii.gz"], [10, 10, 10], (at, size) => at / 10 % 10 > 3 ? 1 : 0);
            string cases = string.Join(", ", axes.Select(axis => string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                { "name": "cube{{axis}}", "split": "train", "image": "scan.nii.gz",
                  "masks": { "Ann": "ann.nii.gz", "Ben": "ben.nii.gz" }, "volume": { "axis": {{axis}} } }
                """)));
            File.WriteAllText(
                workspace[$"{name}.json"],
                $$"""{ "formatVersion": 1, "name": "{{name}}", "raters": ["Ann", "Ben"], "cases": [{{cases}}] }""");
            return workspace[$"{name}.json"];
        }

        /// <summary>An image of single-precision values, written by hand.</summary>
        internal static string Write(string path, int[] shape, Func<int, int, float> value)
        {
            int size = shape.Aggregate(1, (product, length) => product * length);
            byte[] bytes = new byte[352 + (4 * size)];
            BitConverter.TryWriteBytes(bytes, 348);
            short[] dimensions =
            [
                (short)shape.Length, .. shape.Select(length => (short)length), .. Enumerable.Repeat((short)1, 7 - shape.Length),
            ];
            Buffer.BlockCopy(dimensions, 0, bytes, 40, 16);
            bytes[70] = 16;
            float[] spacing = [1, 0.5f, 0.75f, 3, 1, 1, 1, 1], rows = [0.5f, 0, 0, -10, 0, 0.75f, 0, -20, 0, 0, 3, -30];
            Buffer.BlockCopy(spacing, 0, bytes, 76, 32);
            bytes[254] = 1;
            Buffer.BlockCopy(rows, 0, bytes, 280, 48);
            "n+1"u8.CopyTo(bytes.AsSpan(344));
            float[] values = [.. Enumerable.Range(0, size).Select(at => value(at, size))];
            Buffer.BlockCopy(values, 0, bytes, 352, 4 * size);
            using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest);
            gzip.Write(bytes);
            return path;
        }

        private static CommandRun Train(string model, string manifest, params string[] more) =>
            CommandRun.InProcess([
                "train", "--data", manifest, "--size", "16", "--steps", "2", "--precision", "float32", "--out", model, .. more,
            ]).AssertSucceeded();
    }
}
