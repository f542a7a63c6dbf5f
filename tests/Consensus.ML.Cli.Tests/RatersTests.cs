using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// <c>consensus raters</c>: tables, JSON that fits its schema, cases that some raters have not segmented. It does not load torch.
/// </summary>
public sealed class RatersTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void The_tables_have_the_published_value_and_a_row_for_each_rater()
    {
        string text = Raters().AssertSucceeded().Out;
        Assert.Contains("kidney, train", text, StringComparison.Ordinal);
        Assert.Contains("2, 3 raters each", text, StringComparison.Ordinal);
        Assert.Contains("0.9495 (Amit et al. 2023, Table 3", text, StringComparison.Ordinal);
        Assert.Matches(@"a second panel \(half to half\) +0\.[0-9]{4} \(0\.[0-9]{4} to 0\.[0-9]{4}\)", text);
        string[] rows = [.. text[text.IndexOf("rater ", StringComparison.Ordinal)..].Split('\n').Where(line => line.Contains('%'))];
        Assert.Equal(["1", "2", "3"], rows.Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
    }

    [Fact]
    public void JSON_alone_goes_to_standard_output_and_fits_its_schema()
    {
        JsonElement report = Json("--json");
        Assert.Equal(3, report.GetProperty("raters").GetArrayLength());
        Assert.Equal(2, report.GetProperty("cases").GetArrayLength());
        Assert.InRange(report.GetProperty("meanPairwiseDice").GetDouble(), 0.5, 1);
        Assert.Equal(0.9495, report.GetProperty("publishedPairwiseDice").GetDouble());
        foreach (string name in (string[])["oneAgainstAll", "oneAgainstOthers", "halfAgainstHalf", "majorityAgainstAll"])
        {
            double mean = report.GetProperty("yardsticks").GetProperty(name).GetDouble();
            JsonElement interval = report.GetProperty("yardsticks").GetProperty("intervals").GetProperty(name);
            Assert.InRange(mean, interval.GetProperty("lower").GetDouble(), interval.GetProperty("upper").GetDouble());
            Assert.Equal(
                report.GetProperty("cases").EnumerateArray().Average(one => one.GetProperty("yardsticks").GetProperty(name).GetDouble()),
                mean, 1e-12);
        }

        JsonElement validation = Json("--split", "val", "--json");
        Assert.Equal(JsonValueKind.Null, validation.GetProperty("publishedPairwiseDice").ValueKind);
        Assert.NotEmpty(Schema().Violations(JsonDocument.Parse("""{ "formatVersion": 1, "meanPairwiseDice": 2 }""").RootElement));
    }

    [Fact]
    public void A_file_gets_the_JSON_beside_the_tables()
    {
        CommandRun run = Raters("--json", _workspace["report.json"]).AssertSucceeded();
        Assert.Contains("pairwise Dice", run.Out, StringComparison.Ordinal);
        Assert.Empty(Schema().Violations(JsonDocument.Parse(File.ReadAllText(_workspace["report.json"])).RootElement));
    }

    [Fact]
    public void Cases_that_raters_have_not_drawn_are_described_as_they_are()
    {
        _workspace.Phantom();
        File.Delete(Path.Combine(_workspace.TrainingCase(1), "task01_seg02.nii.gz"));
        File.Delete(Path.Combine(_workspace.TrainingCase(2), "task01_seg01.nii.gz"));
        File.Delete(Path.Combine(_workspace.TrainingCase(2), "task01_seg03.nii.gz"));
        CommandRun run = CommandRun.InProcess("raters", "--data", _workspace["data"], "--task", "kidney", "--json").AssertSucceeded();
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.Contains("'case01' has another number of raters", run.ErrorLines[0], StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(run.Out).RootElement;
        Assert.Empty(Schema().Violations(report));
        Assert.Equal((1, 2), (
            report.GetProperty("ratersPerCase").GetProperty("fewest").GetInt32(),
            report.GetProperty("ratersPerCase").GetProperty("most").GetInt32()));
        JsonElement[] raters = [.. report.GetProperty("raters").EnumerateArray()];
        Assert.Equal(["1", "2", "3"], raters.Select(rater => rater.GetProperty("name").GetString()));
        Assert.All(raters, rater => Assert.Equal(1, rater.GetProperty("cases").GetInt32()));

        // The second rater has segmented a single case, and is the only rater of that case.
        Assert.Equal(JsonValueKind.Null, raters[1].GetProperty("meanDice").ValueKind);
        CommandRun table = CommandRun.InProcess("raters", "--data", _workspace["data"], "--task", "kidney").AssertSucceeded();
        Assert.Contains("1 to 2 raters each", table.Out, StringComparison.Ordinal);
        Assert.Contains('–', table.Out);
    }

    [Fact]
    public void A_bad_mask_is_one_line_with_its_case_and_file()
    {
        _workspace.Phantom();
        string mask = Path.Combine(_workspace.TrainingCase(2), "task01_seg02.nii.gz");
        NiftiFile.WriteSlice(mask, new Slice(1, 32, 30, new float[32 * 30]));
        CommandRun.InProcess("raters", "--data", _workspace["data"], "--task", "kidney").AssertFailed(1, "Case 'case02'", mask, "32×30");
        File.WriteAllText(mask, "This is no mask.");
        CommandRun.InProcess("raters", "--data", _workspace["data"], "--task", "kidney").AssertFailed(1, "Case 'case02'", mask);
    }

    [Fact]
    public void Torch_is_not_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The libraries of a process are read from /proc.");
        _workspace.Phantom();
        System.Diagnostics.ProcessStartInfo start = CommandRun.StartInfo("raters", "--data", _workspace["data"], "--task", "kidney");

        // With this variable, the loader prints the libraries that it opens.
        start.Environment["LD_DEBUG"] = "files";
        start.Environment["LD_DEBUG_OUTPUT"] = _workspace["loaded"];
        using (ChildProcess process = ChildProcess.Start(start))
        {
            Assert.Equal(0, process.Finish().Code);
        }

        string[] logs = [.. Directory.GetFiles(_workspace.Root, "loaded*").Select(File.ReadAllText)];
        Assert.Contains(logs, log => log.Contains("libcoreclr", StringComparison.Ordinal));
        Assert.DoesNotContain(logs, log => log.Contains("libtorch", StringComparison.Ordinal));
    }

    private static JsonSchema Schema() =>
        JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "rater-report.schema.json"));

    private JsonElement Json(params string[] more)
    {
        CommandRun run = Raters(more).AssertSucceeded();
        Assert.Empty(run.Error);
        JsonElement report = JsonDocument.Parse(run.Out).RootElement;
        Assert.Empty(Schema().Violations(report));
        return report;
    }

    private CommandRun Raters(params string[] more)
    {
        _workspace.Phantom();
        return CommandRun.InProcess(["raters", "--data", _workspace["data"], "--task", "kidney", .. more]);
    }
}
