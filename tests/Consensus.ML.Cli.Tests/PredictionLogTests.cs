using Consensus.ML.Cli.Prediction;

namespace Consensus.ML.Cli.Tests;

/// <summary>The log of predictions as a file: whole lines, one process, nothing else's file.</summary>
public sealed class PredictionLogTests : IDisposable
{
    private static readonly PredictionRecord Record = PredictionRecord.Skipped(new("a", "a.nii", []), ["a_soft.nii.gz", "a.png"]);

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("{\"formatVersion\":1,\"case\":\"b\"}\n", 1)]
    [InlineData("{\"formatVersion\":1,\"case\":\"b\"}\n{\"formatVersion\":1,\"case\":\"c", 1)]
    [InlineData("{\"formatVersion\":1,\"case\":\"b", 0)]
    [InlineData("{\"form", 0)]
    [InlineData("", 0)]
    public void A_log_goes_on_after_its_last_whole_line(string before, int kept)
    {
        string path = _workspace["logs/log.jsonl"];
        Directory.CreateDirectory(_workspace["logs"]);
        File.WriteAllText(path, before);
        Append(path);
        string[] lines = File.ReadAllText(path).Split('\n');
        Assert.Equal(kept + 2, lines.Length);
        Assert.Empty(lines[^1]);
        Assert.StartsWith("{\"formatVersion\":1,\"case\":\"a\",", lines[^2], StringComparison.Ordinal);
        Assert.EndsWith("}", lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_line_longer_than_a_block_is_cut_off_whole()
    {
        string path = _workspace["log.jsonl"], good = "{\"formatVersion\":1,\"case\":\"b\"}\n";
        File.WriteAllText(path, good + new string('x', 200_000));
        Append(path);
        Assert.StartsWith($"{good}{{\"formatVersion\":1,\"case\":\"a\"", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my notes")]
    [InlineData("{\"formatVersion\":2,\"case\":\"b\"}\n")]
    public void A_file_that_is_no_log_stays_as_it_is(string text)
    {
        File.WriteAllText(_workspace["notes"], text);
        Assert.Contains(
            "notes", Assert.Throws<InvalidDataException>(() => PredictionLog.Open(_workspace["notes"])).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(_workspace["notes"]));
    }

    [Fact]
    public void Two_processes_cannot_write_one_log()
    {
        using PredictionLog first = PredictionLog.Open(_workspace["log.jsonl"]);
        Assert.Contains(
            "its own log",
            Assert.Throws<IOException>(() => PredictionLog.Open(_workspace["log.jsonl"])).Message, StringComparison.Ordinal);
    }

    private static void Append(string path)
    {
        using PredictionLog log = PredictionLog.Open(path);
        log.Write(Record);
    }
}
