using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// <c>raters</c> and <c>evaluate</c> on slices of a volume: values over slices and over the volume, in tables and in JSON.
/// </summary>
public sealed class VolumeScoreTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Raters_agree_otherwise_over_a_volume_than_over_its_slices()
    {
        // Raters a and b mark 10 and 20 pixels of the first slice, and the same 40 of the second; c marks what b does.
        string data = Volume(10, 20, 20);
        string text = CommandRun.InProcess("raters", "--data", data).AssertSucceeded().Out;
        double slices = ((((20 / 30.0) * 2) + 1) / 3 + 1) / 2, volume = (((100 / 110.0) * 2) + 1) / 3;
        Assert.Matches($@"pairwise Dice +{Text(slices)}\s", text);
        Assert.Matches($@"over 1 volume +{Text(volume)}\s", text);

        JsonElement report = JsonDocument.Parse(CommandRun.InProcess("raters", "--data", data, "--json").AssertSucceeded().Out).RootElement;
        Assert.Empty(Violations("rater-report", report));
        Assert.Equal(volume, report.GetProperty("volumes").GetProperty("meanPairwiseDice").GetDouble(), 1e-5);
        JsonElement one = Assert.Single(report.GetProperty("volumes").GetProperty("cases").EnumerateArray());
        Assert.Equal(("v", 2), (one.GetProperty("name").GetString(), one.GetProperty("slices").GetInt32()));
    }

    [Fact]
    public void A_model_is_scored_over_volumes_too()
    {
        string[] words =
        [
            "evaluate", "--model", Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Api.Tests", "Models", "unet-levels.zip"),
            "--data", Volume(10, 20, 20), "--device", "cpu",
        ];
        CommandRun run = CommandRun.InProcess([.. words, "--all", "--json", _workspace["report.json"]]).AssertSucceeded();
        Assert.Contains("over volumes", run.Out, StringComparison.Ordinal);
        Assert.Contains("Over 1 volume: soft Dice", run.Out, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(_workspace["report.json"])).RootElement;
        Assert.Empty(Violations("evaluation-report", report));
        JsonElement volume = Assert.Single(report.GetProperty("volumes").GetProperty("cases").EnumerateArray());
        JsonElement[] slices = [.. report.GetProperty("cases").EnumerateArray()];
        Assert.Equal(2, slices.Length);
        Assert.Equal(
            slices.Sum(slice => slice.GetProperty("expectedArea").GetDouble()), volume.GetProperty("expectedArea").GetDouble(), 1e-6);
        Assert.Equal((10 + 20 + 20 + 120) / 3.0, volume.GetProperty("meanRaterArea").GetDouble(), 1e-3);
        Assert.Equal(JsonValueKind.Null, volume.GetProperty("boundaryF").ValueKind);
        Assert.Equal("levels", report.GetProperty("samplesAre").GetString());
        Assert.Equal(["a", "b", "c"], report.GetProperty("raters").EnumerateArray().Select(rater => rater.GetProperty("name").GetString()));

        // Conventions of GED are said, and refused where they are out of range.
        run = CommandRun.InProcess([.. words, "--ged-pairs", "different", "--ged-empty", "1"]).AssertSucceeded();
        Assert.Contains("GED: pairs of different masks; two empty masks are 1 apart", run.Out, StringComparison.Ordinal);
        CommandRun.InProcess([.. words, "--ged-empty", "2"]).AssertFailed(2, "--ged-empty is 2; it must be from 0 to 1");
        CommandRun.InProcess([.. words, "--area-deviations", "0"]).AssertFailed(2, "--area-deviations is 0; it must be above 0");
    }

    private static string Text(double value) =>
        value.ToString("0.0000", CultureInfo.InvariantCulture).Replace(".", @"\.", StringComparison.Ordinal);

    private static IEnumerable<string> Violations(string schema, JsonElement report) =>
        JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", $"{schema}.schema.json")).Violations(report);

    /// <summary>A manifest of one volume with two slices of 16×16 pixels and three raters.</summary>
    /// <param name="marks">How many pixels of the first slice each rater marks.</param>
    private string Volume(params int[] marks)
    {
        var masks = new JsonObject();
        for (int rater = 0; rater < marks.Length; rater++)
        {
            string name = $"{"abc"[rater]}";
            masks[name] = Write(name, i => i < marks[rater] || i is >= 256 and < 296 ? 1 : 0);
        }

        string manifest = _workspace["dataset.json"];
        File.WriteAllText(manifest, new JsonObject
        {
            ["formatVersion"] = 1,
            ["name"] = "scans",
            ["raters"] = new JsonArray("a", "b", "c"),
            ["volume"] = new JsonObject(),
            ["cases"] = new JsonArray(
                new JsonObject { ["name"] = "v", ["image"] = Write("image", i => i % 97), ["masks"] = masks }),
        }.ToJsonString());
        return manifest;

        string Write(string name, Func<int, double> value) => new NiftiBytes
        {
            Dimensions = [16, 16, 2],
            Values = [.. Enumerable.Range(0, 512).Select(value)],
        }.WriteTo(_workspace[$"{name}.nii"]);
    }
}
