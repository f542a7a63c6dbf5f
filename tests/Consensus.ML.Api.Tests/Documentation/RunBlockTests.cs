using System.IO.Compression;
using System.Runtime.InteropServices;
using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Pictures;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>The C# blocks of README.md and of the library's README do what the pages say, with small models and little data.</summary>
[Collection(nameof(TinyModel))]
public sealed class RunBlockTests(TinyModel tiny) : IDisposable
{
    private const string Library = "src/Consensus.ML/README.md";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_saved_model_predicts_from_a_file_name()
    {
        SaveModels();
        var softMap = (float[])Run("README.md", "\"SoftMap\"", "softMap").Values["softMap"]!;
        Assert.Equal(TinyModel.SoftMaps(tiny.Model, tiny.Data).First(), softMap);
    }

    [Fact]
    public void Sampling_is_changed_and_limited_without_training()
    {
        SaveModels();
        IReadOnlyDictionary<string, object?> values = Run(Library, "ITransformer thorough", "model", "thorough", "bounded").Values;
        Assert.Equal(25, Segmentation(values["thorough"]).Sampling.Generations);
        Assert.Equal(2, Segmentation(values["model"]).Sampling.Generations);
        Assert.Equal(2, Segmentation(values["bounded"]).Sampling.Generations);
        Assert.All(values.Values, model => ((IDisposable)model!).Dispose());
    }

    [Fact]
    public void An_ensemble_has_both_members()
    {
        SaveModels();
        object together = Run(Library, "Ensemble(", "together").Values["together"]!;
        Assert.Equal(2, Segmentation(together).Members);
        ((IDisposable)together).Dispose();
    }

    [Fact]
    public void Mirroring_is_stated_for_training()
    {
        IReadOnlyDictionary<string, object?> values = Run(Library, "MirrorAxes.None", "never", "kidney").Values;
        Assert.All(values.Values, estimator => Assert.IsType<SliceAugmentingEstimator>(estimator));
    }

    [Fact]
    public void The_loaders_load_what_the_manifest_describes()
    {
        WriteRetina();
        File.WriteAllText(
            _folder["cases.csv"],
            "Case,ImagePath,Ann,Ben,Cleo\neye01,eye01.jpg,Ann.png,Ben.png,Cleo.png\neye02,eye02.jpg,Ann.png,,Cleo.png\n");
        WriteVolume();
        (string output, IReadOnlyDictionary<string, object?> values) = Run(Library, "DescribeRaters", "report", "table", "volume");
        var report = (RaterReport)values["report"]!;
        Assert.Equal(["Ann", "Ben", "Cleo"], report.Raters.Select(rater => rater.Name));
        Assert.Equal(2, ((IDataView)values["table"]!).GetColumn<string>("Case").Count());
        Assert.Equal(12, ((IDataView)values["volume"]!).GetColumn<string>("ImagePath").Count());

        // Ann and Ben mark the same 10 pixels, and Cleo marks 5 of them: (1 + 10/15 + 10/15) / 3.
        Assert.Equal(7 / 9.0, report.MeanPairwiseDice, 1e-4);
        Assert.StartsWith("pairwise Dice 0.778, ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_chooses_by_validation_cases_and_keeps_checkpoints()
    {
        string[] raters = ["1", "2", "3"];
        var manifest = new DatasetManifest
        {
            Folder = _folder.Root,
            Name = "blobs",
            Raters = raters[..tiny.Cases[0].AnnotationPaths.Length],
            Cases = [.. tiny.Cases.Select((row, i) => Described(row, i < 3 ? "train" : "val"))],
        };
        manifest.Write(_folder["dataset.json"]);
        CodeBlock block = Find(Library, "CheckpointOptions");
        CodeBlock shortened = block with { Text = block.Text.Replace("FromMinutes(15)", "FromSeconds(0.2)", StringComparison.Ordinal) };
        Assert.NotEqual(block, shortened);
        (string output, IReadOnlyDictionary<string, object?> values) = CSharpBlock.Run(shortened, _folder.Root, "summary");
        var summary = (TrainingSummary)values["summary"]!;
        Assert.Equal((3, 1), (summary.TrainingCases, summary.ValidationCases));
        Assert.StartsWith("best of ", output, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(_folder["checkpoints"], "*.safetensors"));

        DatasetCase Described(CaseRow row, string split) => new(
            row.Case,
            [row.ImagePath],
            row.AnnotationPaths.Index().ToDictionary(mask => raters[mask.Index], mask => mask.Item),
            split);
    }

    [Fact]
    public async Task The_first_command_does_the_main_job()
    {
        string output = await SampleRun.InFolder(_folder, "QuickStart", "quick", "--seconds", "3");
        Assert.Contains("mean:   soft Dice 0.", output, StringComparison.Ordinal);
        Assert.Equal(6, Directory.GetFiles(Path.Combine(_folder.Root, "quick", "maps"), "case*.png").Length);
    }

    public void Dispose() => _folder.Dispose();

    private static ConsensusSegmentationTransformer Segmentation(object? model) => DeterminismTests.Segmentation((ITransformer)model!);

    private static CodeBlock Find(string file, string part) => MarkdownFile.Read(file).Blocks
        .Single(block => block.Language == "csharp" && block.Text.Contains(part, StringComparison.Ordinal));

    private (string Output, IReadOnlyDictionary<string, object?> Values) Run(string file, string part, params string[] variables) =>
        CSharpBlock.Run(Find(file, part), _folder.Root, variables);

    private void SaveModels()
    {
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, _folder["brain-growth.zip"]);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Seed = 2;
        ITransformer second = tiny.Fit(options);
        using (second as IDisposable)
        {
            tiny.Context.Model.Save(second, tiny.Data.Schema, _folder["second.zip"]);
        }

        File.Copy(tiny.Cases[0].ImagePath, _folder["scan.nii.gz"]);
    }

    /// <summary>The manifest of data-schemas/README.md, and masks. Cleo's masks are half of the others'.</summary>
    private void WriteRetina()
    {
        CodeBlock manifest = MarkdownFile.Read("data-schemas/README.md").Blocks.First(block => block.Language == "json");
        File.WriteAllText(_folder["dataset.json"], manifest.Text);
        Directory.CreateDirectory(_folder["discs"]);
        foreach ((string rater, int marked) in new[] { ("Ann", 10), ("Ben", 10), ("Cleo", 5) })
        {
            var mask = new RgbImage(8, 8);
            mask.Pixels.AsSpan(0, 3 * marked).Fill(255);
            mask.SavePng(_folder[$"{rater}.png"]);
            File.Copy(_folder[$"{rater}.png"], _folder[Path.Combine("discs", $"eye01_{rater}.png")]);
        }
    }

    // The header makes a volume of 4×4×12 of a slice of 4×48: dim, from byte 40 on.
    private void WriteVolume()
    {
        NiftiFile.WriteSlice(_folder["scan.nii"], new Slice(1, 4, 48, new float[4 * 48]));
        byte[] scan = File.ReadAllBytes(_folder["scan.nii"]);
        MemoryMarshal.AsBytes<short>([3, 4, 4, 12]).CopyTo(scan.AsSpan(40));
        using var compressed = new GZipStream(File.Create(_folder["scan.nii.gz"]), CompressionLevel.Fastest);
        compressed.Write(scan);
    }
}
