using System.Diagnostics;
using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Onnx.Tests.Models;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Onnx.Tests;

/// <summary>Programs that run an exported model: ML.NET's own step, and a process without torch.</summary>
public sealed class OtherProgramsTests
{
    [Fact]
    public void ML_NETs_ApplyOnnxModel_runs_the_file()
    {
        using SavedModel saved = SavedModel.Diffusion(OnnxNoise.Constant);
        using TransformerChain<ITransformer> ours = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        float[] image = [.. RandomModel.Image(2, 40, 31).Select(value => 15 + (value * 8))];
        float[] expected = ours.Transform(SavedModel.Ml.Data.LoadFromSlices([new Slice(2, 40, 31, image)]))
            .GetColumn<float[]>("ConsensusMaps").Single();

        var schema = SchemaDefinition.Create(typeof(Input));
        schema["Image"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, image.Length);
        IDataView rows = SavedModel.Ml.Data.LoadFromEnumerable([new Input { Image = image }], schema);
        var shapes = new Dictionary<string, int[]> { ["Image"] = [1, 2, 40, 31] };
        using var theirs = SavedModel.Ml.Transforms.ApplyOnnxModel(
            ["ConsensusMaps"], ["Image"], saved.Path, shapes, gpuDeviceId: null, fallbackToCpu: true).Fit(rows);
        float[] found = theirs.Transform(rows).GetColumn<float[]>("ConsensusMaps").Single();
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - 1e-5f, pair.First + 1e-5f));
    }

    [Fact]
    public void ML_NETs_ConvertToOnnx_refuses_and_names_SaveOnnx()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using var stream = new MemoryStream();
        ITransformer[] models = [saved.Chain, .. saved.Chain.GetSteps().Skip(1)];
        foreach (ITransformer model in models.Where(model => model != saved.Chain.LastTransformer))
        {
            NotSupportedException refusal = Assert.Throws<NotSupportedException>(
                () => SavedModel.Ml.Model.ConvertToOnnx(model, SavedModel.Slices(), stream));
            Assert.Contains("SaveOnnx", refusal.Message, StringComparison.Ordinal);
        }

        // The segmentation alone, on rows that have its features.
        IDataView prepared = new TransformerChain<ITransformer>([.. saved.Chain.GetSteps().SkipLast(1)]).Transform(SavedModel.Slices());
        Assert.Throws<NotSupportedException>(() => SavedModel.Ml.Model.ConvertToOnnx(saved.Chain.LastTransformer, prepared, stream));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void A_process_without_torch_gives_torchs_maps()
    {
        using SavedModel saved = SavedModel.Diffusion();
        string image = saved.File("image.nii.gz");
        float[] pixels = [.. RandomModel.Image(2, 20, 30).Select(value => 15 + (value * 8))];
        NiftiFile.WriteSlice(image, new Slice(2, 20, 30, pixels));
        var start = new ProcessStartInfo("dotnet", ["exec", Program("Consensus.ML.Onnx.Tests.WithoutTorch"), saved.Path, image])
        {
            RedirectStandardOutput = true,
        };
        using ChildProcess process = ChildProcess.Start(start);
        string[] lines = process.Process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, process.WaitForExit());
        Assert.Equal("no torch", lines[1].Trim());
        IDataView maps = saved.Chain.Transform(SavedModel.Ml.Data.LoadFromSlices([new Slice(2, 20, 30, pixels)]));
        double[] sums = [.. lines[0].Split(' ').Select(sum => double.Parse(sum, CultureInfo.InvariantCulture))];
        Assert.Equal(maps.GetColumn<float[]>("SoftMap").Single().Sum(), sums[0], 0.4);
        Assert.Equal(maps.GetColumn<float[]>("Uncertainty").Single().Sum(), sums[1], 1e-3);
    }

    [Fact]
    public void The_sample_runs()
    {
        using SavedModel saved = SavedModel.Diffusion(OnnxNoise.Constant);
        string image = saved.File("image.nii");
        NiftiFile.WriteSlice(image, new Slice(2, 20, 30, RandomModel.Image(2, 20, 30)));
        var start = new ProcessStartInfo("dotnet", ["exec", Program("Onnx"), saved.Path, image]) { RedirectStandardOutput = true };
        using ChildProcess process = ChildProcess.Start(start);
        string line = process.Process.StandardOutput.ReadToEnd();
        Assert.Equal(0, process.WaitForExit());
        Assert.EndsWith("of 256 pixels.", line.Trim(), StringComparison.Ordinal);
    }

    private static string Program(string name)
    {
        // Each has its own folder, in which there is no torch.
        string folder = name == "Onnx" ? "samples" : "tests";
        return Path.Combine(RepositoryFolder.Find(), folder, name, "bin", Configuration, "net10.0", $"{name}.dll");
    }

    private static string Configuration =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private sealed class Input
    {
        public float[] Image { get; set; } = [];
    }
}
