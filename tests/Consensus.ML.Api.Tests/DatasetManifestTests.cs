using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>A manifest describes a set of any layout. It is read strictly, and gives the rows at the beginning of a pipeline.</summary>
public sealed class DatasetManifestTests : IDisposable
{
    private const string Whole = """
        {
          "$schema": "https://consensus-ml.example/schemas/dataset.schema.json",
          "formatVersion": 1,
          "name": "retina",
          "description": "Vessels",
          "channels": ["red", "green"],
          "raters": ["Ann", "Ben", "Cleo"],
          "levels": 2,
          "missingRaters": "fraction",
          "cases": [
            {
              "name": "one",
              "split": "train",
              "image": ["images/one r.png", "images/one g.png"],
              "masks": { "Ben": "masks/one-b.png", "Ann": "masks/one-a.png" }
            },
            { "name": "two", "split": "train", "image": ["../two.png#axis=2,slice=3", "/data/two.png"], "masks": { "Cleo": "c.png" } },
            { "name": "one", "split": "val", "image": "rg.tif" }
          ]
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_member_is_read_and_paths_start_from_the_manifests_folder()
    {
        DatasetManifest manifest = DatasetManifest.Read(Write(Whole));
        Assert.Equal(
            ("retina", "Vessels", 2, MissingRaters.Fraction),
            (manifest.Name, manifest.Description, manifest.Levels, manifest.MissingRaters));
        Assert.Equal(["red", "green"], manifest.Channels);
        Assert.Equal(["train", "val"], manifest.Splits);
        RaterCase[] cases = [.. manifest.AllCases()];
        Assert.Equal(["one", "two", "one"], cases.Select(one => one.Name));
        Assert.Equal([_folder["images/one r.png"], _folder["images/one g.png"]], cases[0].ImagePaths);
        Assert.Equal([_folder["masks/one-a.png"], _folder["masks/one-b.png"]], cases[0].AnnotationPaths);
        Assert.Equal(["Ann", "Ben"], cases[0].RaterNames);
        Assert.Equal([_folder["../two.png#axis=2,slice=3"], "/data/two.png"], cases[1].ImagePaths);
        Assert.Equal(["Cleo"], cases[1].RaterNames);
        Assert.Empty(cases[2].AnnotationPaths);
        Assert.Equal("one", Assert.Single(manifest.AllCases("val")).Name);
    }

    [Fact]
    public void The_example_and_what_is_written_fit_the_schema()
    {
        string path = Write(Whole);
        DatasetManifest.Read(path).Write(_folder["copy.json"]);
        Assert.Empty(Violations(File.ReadAllText(path)));
        Assert.Empty(Violations(File.ReadAllText(_folder["copy.json"])));
        JsonNode copy = JsonNode.Parse(File.ReadAllText(_folder["copy.json"]))!, original = JsonNode.Parse(Whole)!;
        original.AsObject().Remove("$schema");
        original["cases"]![2]!["masks"] = new JsonObject();
        Assert.True(JsonNode.DeepEquals(copy, original), copy.ToJsonString());
    }

    [Fact]
    public void A_manifest_written_to_another_folder_still_finds_its_files()
    {
        DatasetManifest manifest = DatasetManifest.Read(Write(Whole));
        Directory.CreateDirectory(_folder["elsewhere"]);
        manifest.Write(_folder["elsewhere/dataset.json"]);
        DatasetManifest moved = DatasetManifest.Read(_folder["elsewhere/dataset.json"]);
        Assert.Equal("../images/one r.png", moved.Cases[0].Image[0]);
        Assert.Equal("/data/two.png", moved.Cases[1].Image[1]);
        Assert.Equal(
            manifest.AllCases().Select(one => Path.GetFullPath(one.ImagePaths[0])),
            moved.AllCases().Select(one => Path.GetFullPath(one.ImagePaths[0])));
    }

    [Theory]
    [InlineData("\"name\": \"retina\",", "", "$: 'name' is missing")]
    [InlineData("\"name\": \"retina\"", "\"name\": \" \"", "$.name")]
    [InlineData("\"name\": \"retina\"", "\"name\": 7", "$.name: must be text, but it is 7")]
    [InlineData("\"description\"", "\"comment\"", "$.comment: is not known; allowed are formatVersion")]
    [InlineData("\"levels\": 2", "\"levels\": 4", "$.levels: must be a whole number from 1 to 3, but it is 4")]
    [InlineData("\"fraction\"", "\"keep\"", "$.missingRaters: must be \"drop\" or \"fraction\", but it is \"keep\"")]
    [InlineData("\"Cleo\"]", "\"Ben\"]", "$.raters: rater 'Ben' is given twice")]
    [InlineData("\"green\"]", "\"red\"]", "$.channels: channel 'red' is given twice")]
    [InlineData("\"green\"]", "\"green\", \"blue\"]", "$.cases[0].image: there are 2 paths where there are 3 channels")]
    [InlineData("\"name\": \"two\"", "\"name\": \"one\"", "$.cases[1].name: 'one' is the name of cases[0] too, in split 'train'")]
    [InlineData("\"name\": \"two\"", "\"name\": \"../two\"", "$.cases[1].name: '../two' cannot be part of a file's name")]
    [InlineData("\"Cleo\": \"c.png\"", "\"Dora\": \"c.png\"", "$.cases[1].masks.Dora: 'Dora' is none of the manifest's raters")]
    [InlineData("\"Cleo\": \"c.png\"", "\"Cleo\": \"c.png\", \"Cleo\": \"d.png\"", "$.cases[1].masks.Cleo: rater 'Cleo' is given twice")]
    [InlineData("\"Cleo\": \"c.png\"", "\"Cleo\": null", "$.cases[1].masks.Cleo: must be text, but it is null")]
    [InlineData(
        "\"image\": \"rg.tif\"",
        "\"image\": \"rg.tif\", \"mask\": 1",
        "$.cases[2].mask: is not known; allowed are name, image, masks, split, volume")]
    [InlineData(
        "\"image\": \"rg.tif\"",
        "\"image\": \"rg.tif\", \"volume\": { \"axis\": 3 }",
        "$.cases[2].volume.axis: must be a whole number from 0 to 2, but it is 3")]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 3", "format version 3")]
    [InlineData("\"levels\": 2,", "\"levels\": 2,,", "line 8")]
    public void A_mistake_is_one_line_with_its_place(string right, string wrong, string said)
    {
        string path = Write(Whole.Replace(right, wrong, StringComparison.Ordinal));
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => DatasetManifest.Read(path));
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void The_schema_refuses_what_it_can_and_the_reader_counts_further_mistakes()
    {
        string wrong = Whole.Replace("\"description\"", "\"comment\"", StringComparison.Ordinal)
            .Replace("\"fraction\"", "\"keep\"", StringComparison.Ordinal);
        Assert.Equal(2, Violations(wrong).Count);
        Assert.Contains(
            "and one more mistake",
            Assert.Throws<InvalidDataException>(() => DatasetManifest.Read(Write(wrong))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_manifest_or_is_missing_is_named()
    {
        Assert.Contains(
            "formatVersion",
            Assert.Throws<InvalidDataException>(() => DatasetManifest.Read(Write("[]"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "none.json",
            Assert.Throws<FileNotFoundException>(() => DatasetManifest.Read(_folder["none.json"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_without_all_raters_are_dropped_or_kept_as_the_manifest_says_and_never_in_silence()
    {
        DatasetManifest manifest = DatasetManifest.Read(Write(Whole));
        CaseListing kept = manifest.List("train"), dropped = manifest.List("train", MissingRaters.Drop);
        Assert.Equal(["one", "two"], kept.Cases.Select(one => one.Name));
        Assert.Contains(
            "'two' has another number of raters: it has 1 mask where retina has 2", Assert.Single(kept.Warnings), StringComparison.Ordinal);
        Assert.Equal(["one"], dropped.Cases.Select(one => one.Name));
        Assert.Contains("'two' was left out", Assert.Single(dropped.Warnings), StringComparison.Ordinal);
        Assert.Contains(
            "has no usable case in split 'val'",
            Assert.Throws<InvalidDataException>(() => manifest.List("val")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "it has train, val", Assert.Throws<ArgumentException>(() => manifest.List("test")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("all", new[] { "scan_slice0", "scan_slice1", "scan_slice2" })]
    [InlineData("marked", new[] { "scan_slice1" })]
    public void Each_slice_of_a_volume_is_a_case(string slices, string[] names)
    {
        WriteVolume("scan.nii", Enumerable.Range(0, 12).Select(value => (byte)value));
        WriteVolume("ann.nii", [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
        WriteVolume("ben.nii", [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        string path = Write($$"""
            { "formatVersion": 1, "name": "scans", "raters": ["Ann", "Ben"], "volume": { "slices": "{{slices}}" },
              "cases": [{ "name": "scan", "image": "scan.nii", "masks": { "Ann": "ann.nii", "Ben": "ben.nii" } }] }
            """);
        Assert.Empty(Violations(File.ReadAllText(path)));
        IReadOnlyList<RaterCase> cases = DatasetManifest.Read(path).List().Cases;
        Assert.Equal(names, cases.Select(one => one.Name));
        RaterCase middle = cases.Single(one => one.Name == "scan_slice1");
        Assert.Equal([4, 6, 5, 7], SliceReader.Read(middle.ImagePaths).Pixels);
        Assert.Equal([1, 0, 1, 0, 1, 0, 0, 0], MaskReader.Read(middle.AnnotationPaths).Pixels);
    }

    [Fact]
    public void Images_are_listed_whether_anybody_drew_on_them_and_of_volumes_every_slice()
    {
        WriteVolume("scan.nii", Enumerable.Range(0, 12).Select(value => (byte)value));
        WriteVolume("ann.nii", [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
        DatasetManifest manifest = DatasetManifest.Read(Write("""
            { "formatVersion": 1, "name": "scans", "raters": ["Ann", "Ben"],
              "cases": [
                { "name": "marked", "image": "scan.nii", "masks": { "Ann": "ann.nii" }, "split": "val", "volume": { "slices": "marked" } },
                { "name": "bare", "image": "scan.nii#axis=2,slice=1", "split": "val" },
                { "name": "other", "image": "scan.nii#axis=2,slice=2", "split": "train" }] }
            """));
        RaterCase[] images = [.. manifest.AllImages("val")];
        Assert.Equal(["marked_slice0", "marked_slice1", "marked_slice2", "bare"], images.Select(one => one.Name));
        Assert.All(images, one => Assert.Empty(one.AnnotationPaths));
        Assert.Equal(5, manifest.AllImages().Count());
        Assert.Throws<ArgumentException>(() => manifest.AllImages("test"));
    }

    [Fact]
    public void The_rows_train_a_pipeline_and_evaluate_it()
    {
        var cases = new JsonArray();
        for (int number = 1; number <= 4; number++)
        {
            CaseRow row = Blobs.WriteCase(_folder[$"case{number}"], number);
            var masks = new JsonObject();
            foreach ((string rater, string mask) in ((string[])["Ann", "Ben", "Cleo"]).Zip(row.AnnotationPaths))
            {
                masks.Add(rater, Path.GetRelativePath(_folder.Root, mask));
            }

            cases.Add(new JsonObject
            {
                ["name"] = row.Case,
                ["split"] = number < 4 ? "train" : "test",
                ["image"] = Path.GetRelativePath(_folder.Root, row.ImagePath),
                ["masks"] = masks,
            });
        }

        string path = Write(new JsonObject
        {
            ["formatVersion"] = 1,
            ["name"] = "blobs",
            ["raters"] = new JsonArray("Ann", "Ben", "Cleo"),
            ["cases"] = cases,
        }.ToJsonString());
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromManifest(path, "train");
        Assert.Equal(["Case", "Group", "ImagePath", "AnnotationPaths", "RaterNames"], train.Schema.Select(column => column.Name));
        Assert.Equal(["Ann", "Ben", "Cleo"], train.GetColumn<string[]>("RaterNames").First());
        using TransformerChain<ConsensusSegmentationTransformer> model = Pipelines.Build(ml, TinyModel.Options()).Fit(train);
        Assert.Equal("case4", Assert.Single(ml.Segmentation.Evaluate(model.Transform(ml.Data.LoadFromManifest(path, "test"))).Cases).Name);
    }

    private static IReadOnlyList<string> Violations(string json) =>
        JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset.schema.json"))
            .Violations(JsonDocument.Parse(json).RootElement);

    private string Write(string json)
    {
        File.WriteAllText(_folder["dataset.json"], json);
        return _folder["dataset.json"];
    }

    /// <summary>A NIfTI-1 file of 2×2×3 bytes, the first axis fastest.</summary>
    private void WriteVolume(string name, IEnumerable<byte> values)
    {
        var header = new byte[352];
        BitConverter.TryWriteBytes(header, 348);
        short[] dimensions = [3, 2, 2, 3, 1, 1, 1, 1];
        Buffer.BlockCopy(dimensions, 0, header, 40, 16);
        BitConverter.TryWriteBytes(header.AsSpan(70), (short)2);
        BitConverter.TryWriteBytes(header.AsSpan(72), (short)8);
        BitConverter.TryWriteBytes(header.AsSpan(108), 352f);
        "n+1\0"u8.CopyTo(header.AsSpan(344));
        File.WriteAllBytes(_folder[name], [.. header, .. values]);
    }
}
