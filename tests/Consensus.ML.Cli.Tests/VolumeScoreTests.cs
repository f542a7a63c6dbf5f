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

    /// <summary>Volumes of two, one and two slices, which two shards share: the records of all make the report of one process.</summary>
    [Fact]
    public void Records_of_slices_hold_the_scores_of_their_volumes()
    {
        string[] words =
        [
            "evaluate", "--model", Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Api.Tests", "Models", "unet-levels.zip"),
            "--data", Volumes(2, 1, 2), "--device", "cpu",
        ];
        CommandRun whole = CommandRun.InProcess([.. words, "--json", _workspace["whole.json"]]).AssertSucceeded();
        Assert.Contains("Over 3 volumes: soft Dice", whole.Out, StringComparison.Ordinal);
        string[] recorded = [.. words, "--records", _workspace["records"], "--shard"];
        CommandRun first = CommandRun.InProcess([.. recorded, "0/2"]).AssertSucceeded();
        Assert.StartsWith("Shard 0/2 (--shard): 4 of 5 cases\n", first.Out, StringComparison.Ordinal);
        CommandRun.InProcess([.. recorded, "1/2"]).AssertSucceeded();
        AssertMerged(whole);

        // The volume cannot be scored again from one of its slices.
        File.Delete(_workspace["records/case-000000.json"]);
        CommandRun again = CommandRun.InProcess([.. recorded, "0/2"]).AssertSucceeded();
        Assert.EndsWith("\n2 scored, 2 skipped, 0 failed\n", again.Out, StringComparison.Ordinal);
        AssertMerged(whole);
        JsonElement[] records = Records(5, "evaluation-record");
        Assert.Equal(
            [false, true, false, false, true], records.Select(record => record.TryGetProperty("volumes", out _)));

        // A slice that cannot be scored leaves its neighbours theirs. Here a rater's second slice is no mask.
        NiftiBytes mask = new() { Dimensions = [16, 16, 2], Values = [.. Enumerable.Range(0, 512).Select(i => i < 256 ? i % 2 : i)] };
        mask.WriteTo(_workspace["a0.nii"]);
        CommandRun failed = CommandRun.InProcess([.. words, "--records", _workspace["other"]]);
        Assert.Equal(1, failed.Code);
        Assert.StartsWith("consensus: v0_slice1: ", Assert.Single(failed.ErrorLines), StringComparison.Ordinal);
        Assert.EndsWith("\n4 scored, 0 skipped, 1 failed\n", failed.Out, StringComparison.Ordinal);
        Assert.Contains(
            "case 1 'v0_slice1' has no record", CommandRun.InProcess("merge", _workspace["other"]).ErrorLines[0], StringComparison.Ordinal);
    }

    /// <summary>
    /// The same for a model of two structures that draws the masks of named raters, which are scored over volumes too. The first structure
    /// was drawn on some slices alone. A volume of one slice counts because another has several.
    /// </summary>
    [Fact]
    public void Records_of_slices_hold_the_scores_of_structures_and_named_raters_over_their_volumes()
    {
        string data = Structures(), model = _workspace["named.zip"];
        CommandRun.InProcess(
            "train", "--data", data, "--named-raters", "--size", "32", "--steps", "1", "--seed", "3", "--device", "cpu", "--out", model)
            .AssertSucceeded();
        string[] words =
        [
            "evaluate", "--model", model, "--data", data, "--device", "cpu",
            "--sampler", "ddim", "--sampling-steps", "1", "--generations", "1",
        ];
        CommandRun whole = CommandRun.InProcess([.. words, "--json", _workspace["whole.json"]]).AssertSucceeded();
        Assert.Contains("Over 3 volumes: soft Dice", whole.Out, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(_workspace["whole.json"])).RootElement;
        Assert.Empty(Violations("structures-report", report));
        JsonElement[] structures = [.. report.GetProperty("structures").EnumerateArray()];
        Assert.Equal(["core", "whole"], structures.Select(one => one.GetProperty("name").GetString()));
        Assert.Equal([4, 6], structures.Select(one => one.GetProperty("report").GetProperty("cases").GetArrayLength()));
        Assert.All(structures, one =>
        {
            JsonElement volumes = one.GetProperty("raterMaps").GetProperty("volumes").GetProperty("cases");
            Assert.Equal(
                ["v0", "v0", "v0", "v1", "v1", "v1", "v2", "v2", "v2"],
                volumes.EnumerateArray().Select(volume => volume.GetProperty("case").GetString()));
        });
        for (int shard = 0; shard < 2; shard++)
        {
            CommandRun.InProcess([.. words, "--records", _workspace["records"], "--shard", $"{shard}/2"]).AssertSucceeded();
        }

        AssertMerged(whole);

        // The last slice on which a structure was drawn tells of its volume, where that has several: of v0, and of the whole of v2.
        JsonElement[] records = Records(6, "structures-record");
        Assert.Equal(
            ["", "", "core whole", "", "", "whole"],
            records.Select(record => string.Join(' ', record.GetProperty("structures").EnumerateArray()
                .Where(one => one.TryGetProperty("volumes", out _) && one.TryGetProperty("raterVolumes", out _))
                .Select(one => one.GetProperty("structure").GetString()))));

        // The volumes may lie elsewhere on the machine of another shard. Whose a mask is decides its scores.
        string elsewhere = _workspace["elsewhere/structures.json"];
        Directory.CreateDirectory(_workspace["elsewhere"]);
        foreach (string file in Directory.GetFiles(_workspace.Root, "*.nii").Append(data))
        {
            File.Copy(file, Path.Combine(_workspace["elsewhere"], Path.GetFileName(file)));
        }

        string[] again = [.. words, "--records", _workspace["records"], "--shard", "0/2"];
        again[Array.IndexOf(again, data)] = elsewhere;
        CommandRun.InProcess(again).AssertSucceeded();
        File.WriteAllText(elsewhere, File.ReadAllText(elsewhere).Replace("\"c\"", "\"d\"", StringComparison.Ordinal));
        CommandRun.InProcess(again).AssertFailed(1, "records of another run", "was drawn by", "core c", "core d");
    }

    /// <summary>The records of all cases make the tables and the report of one process.</summary>
    private void AssertMerged(CommandRun whole)
    {
        CommandRun merged = CommandRun.InProcess("merge", _workspace["records"], "--json", _workspace["merged.json"]).AssertSucceeded();
        Assert.Equal(whole.Out, merged.Out);
        Assert.Equal(File.ReadAllText(_workspace["whole.json"]), File.ReadAllText(_workspace["merged.json"]));
    }

    private JsonElement[] Records(int count, string schema)
    {
        JsonElement[] records =
        [
            .. Enumerable.Range(0, count).Select(
                index => JsonDocument.Parse(File.ReadAllText(_workspace[$"records/case-{index:D6}.json"])).RootElement),
        ];
        Assert.All(records, record => Assert.Empty(Violations(schema, record)));
        return records;
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

    /// <summary>
    /// A manifest of the volumes v0, v1 and v2, of three, one and two slices, with the structure core on two, one and one of them, and the
    /// structure whole on all.
    /// </summary>
    private string Structures()
    {
        string manifest = _workspace["structures.json"];
        int[] slices = [3, 1, 2], first = [1, 0, 0], last = [2, 0, 0];
        File.WriteAllText(manifest, new JsonObject
        {
            ["formatVersion"] = 2,
            ["name"] = "scans",
            ["raters"] = new JsonArray("a", "b", "c"),
            ["structures"] = new JsonArray("core", "whole"),
            ["volume"] = new JsonObject { ["slices"] = "marked" },
            ["cases"] = new JsonArray([.. slices.Select((count, volume) => new JsonObject
            {
                ["name"] = $"v{volume}",
                ["image"] = Write("image", volume, i => (i + (7 * volume)) % 97),
                ["structures"] = new JsonObject
                {
                    ["core"] = Masks("core", volume, i => i / 256 >= first[volume] && i / 256 <= last[volume] ? 30 : 0),
                    ["whole"] = Masks("whole", volume, _ => 90),
                },
            })]),
        }.ToJsonString());
        return manifest;

        JsonObject Masks(string structure, int volume, Func<int, int> marks) => new("abc".Select((rater, number) => KeyValuePair.Create(
            $"{rater}",
            (JsonNode?)Write($"{structure}-{rater}", volume, i => marks(i) is > 0 and int most && i % 256 < most + (9 * number) ? 1 : 0))));

        string Write(string name, int volume, Func<int, double> value) => new NiftiBytes
        {
            Dimensions = [16, 16, slices[volume]],
            Values = [.. Enumerable.Range(0, 256 * slices[volume]).Select(value)],
        }.WriteTo(_workspace[$"{name}{volume}.nii"]);
    }

    /// <summary>A manifest of volumes v0, v1, … of 16×16 pixels and three raters, with different masks in each slice.</summary>
    /// <param name="slices">The number of slices of each volume.</param>
    private string Volumes(params int[] slices)
    {
        string manifest = _workspace["volumes.json"];
        File.WriteAllText(manifest, new JsonObject
        {
            ["formatVersion"] = 1,
            ["name"] = "scans",
            ["raters"] = new JsonArray("a", "b", "c"),
            ["volume"] = new JsonObject(),
            ["cases"] = new JsonArray([.. slices.Select((count, volume) => new JsonObject
            {
                ["name"] = $"v{volume}",
                ["image"] = Write("image", volume, count, i => (i + (7 * volume)) % 97),
                ["masks"] = new JsonObject("abc".Select((rater, number) => KeyValuePair.Create(
                    $"{rater}",
                    (JsonNode?)Write($"{rater}", volume, count, i => i % 256 < 40 + (20 * number) + (9 * (i / 256)) ? 1 : 0)))),
            })]),
        }.ToJsonString());
        return manifest;

        string Write(string name, int volume, int count, Func<int, double> value) => new NiftiBytes
        {
            Dimensions = [16, 16, count],
            Values = [.. Enumerable.Range(0, 256 * count).Select(value)],
        }.WriteTo(_workspace[$"{name}{volume}.nii"]);
    }
}
