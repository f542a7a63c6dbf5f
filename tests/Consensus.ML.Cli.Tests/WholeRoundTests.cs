using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>The main job from a shell: phantom, train, evaluate, predict, inspect.</summary>
public sealed class WholeRoundTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    // Few samples are enough: these tests check that the parts work together, not how well the model predicts.
    private static readonly string[] Quick = ["--generations", "1", "--sampler", "ddim", "--sampling-steps", "1", "--precision", "float32"];

    [Fact]
    public void Evaluation_takes_turns_at_mirror_images_and_stops_early_when_asked_to()
    {
        using var workspace = new Workspace();
        string[] mirrored =
        [
            "--generations", "4", "--mirror", "on", "--tolerance", "0.5", "--sampler", "ddim",
            "--sampling-steps", "1", "--precision", "float32",
        ];
        CommandRun run = CommandRun.InProcess([
            "evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney", "--json", workspace["report.json"], .. mirrored,
        ]).AssertSucceeded();
        Assert.Contains(
            "4 generations or until still within 0.5 in turn mirrored, ddim, 1 step, float32.", run.Out, StringComparison.Ordinal);
        JsonNode sampling = JsonNode.Parse(File.ReadAllText(workspace["report.json"]))!["sampling"]!;
        Assert.Equal((true, 0.5), ((bool)sampling["mirror"]!, (double)sampling["tolerance"]!));
    }

    [Theory]
    [InlineData("--mirror", "maybe", "'maybe' is not a value of --mirror; it must be one of on, off")]
    [InlineData("--tolerance", "-0.1", "'-0.1' is not a value of --tolerance; it must be a number from 0 to 1")]
    [InlineData("--tolerance", "much", "'much' is not a value of --tolerance")]
    [InlineData("--generations", "0", "'0' is not a value of --generations; it must be a whole number from 1 to 1000")]
    public void A_sampling_option_out_of_range_says_what_is_allowed(string option, string value, string expected)
    {
        CommandRun run = CommandRun.InProcess(["evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney", option, value]);
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_says_what_it_does_and_writes_a_model()
    {
        Assert.Contains("kidney at 32×32 pixels: 3 raters, target consensus", model.TrainingOutput, StringComparison.Ordinal);
        Assert.Contains("100 %  step 2  loss ", model.TrainingOutput, StringComparison.Ordinal);
        Assert.Contains("left", model.TrainingOutput, StringComparison.Ordinal);
        Assert.True(new FileInfo(model.Path).Length > 100_000);
    }

    [Fact]
    public void Training_varies_the_cases_strongly_or_as_published_and_mirrors_no_kidney_upside_down()
    {
        using var workspace = new Workspace();
        string[] again =
        [
            "train", "--data", model.Data, "--task", "kidney", "--size", "32", "--steps", "1", "--out", workspace["published.zip"],
            "--augmentation", "published",
        ];
        CommandRun.InProcess(again).AssertSucceeded();
        Assert.Equal((0.015, 0.2, 0.2, 0.0), Augmentation(model.Path));
        Assert.Equal((0.0, 0.0, 0.0, 0.0), Augmentation(workspace["published.zip"]));
        CommandRun.InProcess([.. again[..^1], "weak"])
            .AssertFailed(2, "'weak' is not a value of --augmentation; it must be one of strong, published");

        static (double, double, double, double) Augmentation(string path)
        {
            JsonNode policy = ModelZip.Manifest(path)["training"]!["augmentation"]!;
            return (
                (double)policy["deformation"]!, (double)policy["contrast"]!, (double)policy["brightness"]!,
                (double)policy["verticalFlip"]!);
        }
    }

    [Fact]
    public void Evaluation_prints_a_table_and_writes_a_report_that_fits_its_schema()
    {
        using var workspace = new Workspace();
        CommandRun run = CommandRun.InProcess([
            "evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney", "--json", workspace["report.json"], .. Quick,
        ]).AssertSucceeded();
        Assert.Contains("case01", run.Out, StringComparison.Ordinal);
        Assert.Contains("mean", run.Out, StringComparison.Ordinal);
        Assert.Contains("over 1 case at 32×32; 1 generation, ddim, 1 step, float32.", run.Out, StringComparison.Ordinal);

        JsonNode report = JsonNode.Parse(File.ReadAllText(workspace["report.json"]))!;
        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "evaluation-report.schema.json"));
        Assert.Empty(schema.Violations(JsonDocument.Parse(report.ToJsonString()).RootElement));
        Assert.NotEmpty(schema.Violations(JsonDocument.Parse("""{ "softDice5": 2 }""").RootElement));
        JsonNode score = Assert.Single(report["cases"]!.AsArray())!;
        Assert.Equal("case01", (string?)score["name"]);
        Assert.Equal((double)score["softDice5"]!, (double)report["softDice5"]!, 1e-12);
        Assert.Equal("kidney", (string?)report["data"]!["task"]);

        // One generation of three levels. With a single generation the uncertainty is 0 everywhere. With a single case the interval is a
        // point.
        Assert.Equal(3, (int)score["samples"]!);
        Assert.Equal("mm", (string?)score["distanceUnit"]);
        Assert.Null(score["uncertaintyErrorCorrelation"]);
        JsonNode distance = report["measures"]!["generalizedEnergyDistance"]!;
        Assert.Equal((double)score["generalizedEnergyDistance"]!, (double)distance["mean"]!, 1e-12);
        Assert.Equal((double)distance["mean"]!, (double)distance["lower"]!, 1e-12);
        Assert.Equal(1, (int)distance["cases"]!);
        Assert.Equal(0, (int)report["measures"]!["uncertaintyErrorCorrelation"]!["cases"]!);
        Assert.Equal((100, 100), ((int)score["drawnMasks"]!, (int)report["drawnMasks"]!["count"]!));
        Assert.InRange((double)report["drawnMasks"]!["correlation"]!, 0, 1);
        Assert.InRange((double)report["measures"]!["drawnEnergyDistance"]!["mean"]!, 0, 2);
        Assert.Contains("GED drawn: 100 masks that raters might draw", run.Out, StringComparison.Ordinal);
        Assert.Equal((double)report["f1"]!, (double)report["measures"]!["f1"]!["mean"]!);
        JsonNode people = report["yardsticks"]!;
        Assert.Equal((double)score["halfAgainstHalf"]!, (double)people["halfAgainstHalf"]!, 1e-12);
        Assert.InRange((double)people["oneAgainstAll"]!, (double)report["softDice5"]!, 1);
        Assert.Equal("below", ((string)report["place"]!).Split(' ')[0]);
        Assert.Matches(@"That is below [^\n]+ \(one rater 0\.[0-9]{4}, second panel 0\.[0-9]{4}, majority 0\.[0-9]{4}\)\.", run.Out);
        Assert.Contains("GED", run.Out, StringComparison.Ordinal);
        Assert.Contains("95 % interval", run.Out, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 120));
    }

    [Fact]
    public void An_evaluation_takes_thresholds_and_a_tolerance()
    {
        using var workspace = new Workspace();
        string[] evaluate = ["evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney"];
        CommandRun run = CommandRun.InProcess([
            .. evaluate, "--thresholds", "0.25", "0.75", "--surface-tolerance", "2.5", "--samples", "drawn", "--json",
            workspace["report.json"], .. Quick,
        ]).AssertSucceeded();
        Assert.Contains("0.25", run.Out, StringComparison.Ordinal);
        JsonNode report = JsonNode.Parse(File.ReadAllText(workspace["report.json"]))!;
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "evaluation-report.schema.json"))
            .Violations(JsonDocument.Parse(report.ToJsonString()).RootElement));
        JsonNode measures = report["measures"]!;
        Assert.Equal(("drawn-masks", 100), ((string?)report["samplesAre"], (int)report["cases"]![0]!["samples"]!));
        Assert.Equal((double)measures["drawnEnergyDistance"]!["mean"]!, (double)measures["generalizedEnergyDistance"]!["mean"]!, 1e-12);
        Assert.Equal([0.25, 0.75], report["thresholds"]!.AsArray().Select(threshold => (double)threshold!));
        Assert.Equal(2, report["cases"]![0]!["diceAtThresholds"]!.AsArray().Count);
        Assert.Equal(2.5, (double)report["cases"]![0]!["surfaceTolerance"]!);
        CommandRun.InProcess([.. evaluate, "--thresholds", "0.5", "1.5"]).AssertFailed(2, "--thresholds", "1.5", "at most 1");
        CommandRun.InProcess([.. evaluate, "--surface-tolerance", "0"]).AssertFailed(2, "--surface-tolerance", "above 0");
    }

    [Fact]
    public void A_native_evaluation_scores_at_the_size_of_the_case_and_prints_nothing_but_JSON_to_a_dash()
    {
        CommandRun run = CommandRun.InProcess([
            "evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney",
            "--split", "train", "--native", "--json", "-", .. Quick,
        ]).AssertSucceeded();
        using JsonDocument report = JsonDocument.Parse(run.Out);
        JsonElement[] cases = [.. report.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(["case01", "case02", "case03"], cases.Select(score => score.GetProperty("name").GetString()));
        Assert.All(cases, score => Assert.Equal(40, score.GetProperty("height").GetInt32()));
        Assert.True(report.RootElement.GetProperty("resolution").GetProperty("native").GetBoolean());
    }

    [Fact]
    public void A_prediction_has_the_size_and_geometry_of_its_image_and_a_picture_beside_it()
    {
        using var workspace = new Workspace();
        string maps = workspace["maps"];
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", maps, .. Quick, model.ValidationImage]).AssertSucceeded();
        Assert.Equal(
            [Path.Combine(maps, "case01.png"), Path.Combine(maps, "case01_soft.nii.gz")],
            Directory.GetFileSystemEntries(maps).Order(StringComparer.Ordinal));
        NiftiHeader image = NiftiFile.ReadHeader(model.ValidationImage),
            map = NiftiFile.ReadHeader(Path.Combine(maps, "case01_soft.nii.gz"));
        Assert.Equal(image.Shape, map.Shape);
        Assert.Equal(image.Affine, map.Affine);
        Assert.Equal("float32", map.DataType);
        NiftiStatistics values = NiftiFile.ReadStatistics(Path.Combine(maps, "case01_soft.nii.gz"));
        Assert.InRange(values.Minimum, 0, 1);
        Assert.InRange(values.Maximum, 0, 1);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(maps, "case01.png"))[..4]);
    }

    [Fact]
    public void A_picture_gives_a_map_as_TIFF_and_a_picture_but_never_overwrites_itself()
    {
        using var workspace = new Workspace();
        Slice image = SliceReader.Read(model.ValidationImage);
        var photo = new RgbImage(50, 30);
        for (int i = 0; i < photo.Pixels.Length; i++)
        {
            photo.Pixels[i] = (byte)image.Pixels[i / 3 % image.Pixels.Length];
        }

        photo.SavePng(workspace["colour.png"]);
        TiffFile.WriteSlice(workspace["grey.tif"], image);
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", workspace["maps"], .. Quick, workspace["grey.tif"]])
            .AssertSucceeded();
        Assert.Equal(
            [workspace["maps/grey.png"], workspace["maps/grey_soft.tif"]],
            Directory.GetFileSystemEntries(workspace["maps"]).Order(StringComparer.Ordinal));
        Slice map = SliceReader.Read(workspace["maps/grey_soft.tif"]);
        Assert.Equal((1, image.Height, image.Width), (map.Channels, map.Height, map.Width));
        Assert.All(map.Pixels, value => Assert.InRange(value, 0, 1));
        Assert.Equal(ImageFormat.Png, SliceReader.ReadFormat(workspace["maps/grey.png"]));

        byte[] before = File.ReadAllBytes(workspace["colour.png"]);
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", workspace.Root, workspace["colour.png"]])
            .AssertFailed(2, "would overwrite the image", "--out");
        Assert.Equal(before, File.ReadAllBytes(workspace["colour.png"]));
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", workspace["maps"], workspace["colour.png"]])
            .AssertFailed(1, "colour.png", "3 channel");
    }

    [Fact]
    public void A_split_that_nobody_drew_on_is_predicted_without_a_warning_from_a_folder_and_from_a_manifest()
    {
        using var workspace = new Workspace();
        string folder = Path.Combine(workspace["data"], "new-patients", "val");
        foreach (string name in new[] { "case08", "case09" })
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            TiffFile.WriteSlice(Path.Combine(folder, name, "image.tif"), SliceReader.Read(model.ValidationImage));
        }

        File.Copy(
            Path.Combine(Path.GetDirectoryName(model.ValidationImage)!, "task01_seg01.nii.gz"),
            Path.Combine(folder, "case09", "task01_seg01.nii.gz"));
        File.WriteAllText(workspace["dataset.json"], """
            { "formatVersion": 1, "name": "new", "raters": ["Ann", "Ben"],
              "cases": [
                { "name": "case08", "image": "data/new-patients/val/case08/image.tif" },
                { "name": "case09", "image": "data/new-patients/val/case09/image.tif" }] }
            """);
        foreach (string data in new[] { workspace["data"], workspace["dataset.json"] })
        {
            string maps = workspace[Path.GetFileName(data) + "-maps"];
            CommandRun run = CommandRun.InProcess(["predict", "--model", model.Path, "--out", maps, .. Quick, "--data", data])
                .AssertSucceeded();
            Assert.Empty(run.Error);
            Assert.Equal(
                ["case08.png", "case08_soft.tif", "case09.png", "case09_soft.tif"],
                Directory.GetFiles(maps).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_maps_by_file_and_by_data_set()
    {
        using var workspace = new Workspace();
        string[] quick = ["--seed", "11", .. Quick];
        CommandRun.InProcess(["predict", "--model", model.Path, "--out", workspace["a"], .. quick, model.ValidationImage])
            .AssertSucceeded();
        CommandRun.InProcess([
            "predict", "--model", model.Path, "--out", workspace["b"], .. quick, "--data", model.Data, "--task", "kidney", "--split", "val",
        ]).AssertSucceeded();
        Assert.Equal(
            SliceReader.Read(workspace["a/case01_soft.nii.gz"]).Pixels, SliceReader.Read(workspace["b/case01_soft.nii.gz"]).Pixels);
    }

    [Fact]
    public void Inspection_in_JSON_names_shape_type_byte_order_geometry_and_range()
    {
        using JsonDocument found = JsonDocument.Parse(
            CommandRun.InProcess("inspect", model.ValidationImage, "--json").AssertSucceeded().Out);
        JsonElement root = found.RootElement;
        Assert.Equal([40, 40], root.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        Assert.Equal("float64", root.GetProperty("type").GetString());
        Assert.Equal("little", root.GetProperty("byteOrder").GetString());
        Assert.Equal(4, root.GetProperty("affine").GetArrayLength());
        Assert.All(root.GetProperty("affine").EnumerateArray(), row => Assert.Equal(4, row.GetArrayLength()));
        Assert.Equal(2, root.GetProperty("spacing").GetArrayLength());
        Assert.InRange(root.GetProperty("mean").GetDouble(), root.GetProperty("min").GetDouble(), root.GetProperty("max").GetDouble());
    }

    [Fact]
    public void An_image_without_finite_values_is_inspected_in_strict_JSON()
    {
        using var workspace = new Workspace();
        NiftiFile.WriteSlice(workspace["nothing.nii"], new Slice(1, 2, 2, [float.NaN, float.NaN, float.PositiveInfinity, float.NaN]));
        using JsonDocument found = JsonDocument.Parse(
            CommandRun.InProcess("inspect", "--json", workspace["nothing.nii"]).AssertSucceeded().Out);
        Assert.Equal(JsonValueKind.Null, found.RootElement.GetProperty("min").ValueKind);
        Assert.Equal(JsonValueKind.Null, found.RootElement.GetProperty("mean").ValueKind);
        Assert.Equal(4, found.RootElement.GetProperty("nonFinite").GetInt32());
    }

    [Fact]
    public void A_flipped_byte_in_the_weights_is_refused()
    {
        using var workspace = new Workspace();
        byte[] bytes = File.ReadAllBytes(model.Path);
        bytes[bytes.Length / 2] ^= 0x10;
        File.WriteAllBytes(workspace["damaged.zip"], bytes);
        CommandRun.InProcess("evaluate", "--model", workspace["damaged.zip"], "--data", model.Data, "--task", "kidney")
            .AssertFailed(1, "damaged");
    }

    [Fact]
    public void A_truncated_model_is_refused()
    {
        using var workspace = new Workspace();
        File.WriteAllBytes(workspace["short.zip"], File.ReadAllBytes(model.Path)[..5000]);
        CommandRun.InProcess(["predict", "--model", workspace["short.zip"], "--out", workspace["maps"], model.ValidationImage])
            .AssertFailed(1, "short.zip", "cut short");
        Assert.False(Directory.Exists(workspace["maps"]));
    }

    [Fact]
    public void More_sampling_steps_than_the_model_has_are_refused() =>
        CommandRun.InProcess("evaluate", "--model", model.Path, "--data", model.Data, "--task", "kidney", "--sampling-steps", "4000")
            .AssertFailed(1, "4000");
}
