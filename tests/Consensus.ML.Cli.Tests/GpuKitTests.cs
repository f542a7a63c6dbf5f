using System.Text.Json.Nodes;
using Consensus.ML.Gpu;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>The kit for machines with a GPU (tests/Consensus.ML.Gpu): what of it needs no GPU.</summary>
public sealed class GpuKitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Of 100 s, parts that need 1, 2 and 2 get 20, 40 and 40. If the first takes 60 s, 40 s are left for the other two.
    [Fact]
    public void A_part_gets_its_share_of_the_time_that_is_left()
    {
        var budget = new Budget(TimeSpan.FromSeconds(100), [1, 2, 2]);

        Assert.Equal(TimeSpan.FromSeconds(20), budget.For(0, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(48), budget.For(1, TimeSpan.FromSeconds(4)));
        Assert.Equal(TimeSpan.FromSeconds(20), budget.For(1, TimeSpan.FromSeconds(60)));
        Assert.Equal(TimeSpan.FromSeconds(40), budget.For(2, TimeSpan.FromSeconds(60)));
        Assert.Equal(TimeSpan.Zero, budget.For(2, TimeSpan.FromSeconds(101)));
    }

    [Fact]
    public void A_ratio_is_our_time_over_theirs_where_both_are_there()
    {
        JsonObject parts = JsonNode.Parse("""
            {
              "bench-paper": { "result": {
                "float32": { "unetMs": 30, "trainingStepMs": 100 }, "bfloat16": { "unetMs": 12, "trainingStepMs": 50 } } },
              "bench-paper-kept": { "result": { "float32": { "unetMs": 30, "trainingStepMs": 80 }, "bfloat16": "out of memory" } },
              "bench-s64-l64": { "result": { "float32": { "unetMs": 1, "trainingStepMs": 2 } } },
              "reference-paper": { "result": {
                "eager": { "passMs": 60, "trainingStepMs": 160 }, "compiled": "TypeError: no", "bfloat16 autocast": { "passMs": 24 } } },
              "reference-s64-l64": { "status": "skipped", "result": null }
            }
            """)!.AsObject();

        JsonObject ratios = Ratios.Of(parts);

        JsonNode expected = JsonNode.Parse("""
            {
              "paper float32 / eager": { "sampling": 0.5, "training": 0.625 },
              "paper bfloat16 / bfloat16 autocast": { "sampling": 0.5 },
              "paper-kept float32 / eager": { "sampling": 0.5, "training": 0.5 }
            }
            """)!;
        Assert.True(JsonNode.DeepEquals(expected, ratios), ratios.ToJsonString());
    }

    [Fact]
    public void The_file_is_whole_after_each_part()
    {
        string path = _folder["results.json"];
        var results = new ResultFile(path);

        results.Add("info", new() { ["status"] = "ok", ["result"] = new JsonObject { ["device"] = "cuda:0" } });
        Assert.Equal("cuda:0", ResultFile.Read(path)?["parts"]?["info"]?["result"]?["device"]?.GetValue<string>());

        // A measurement that is not a number must not keep the rest from being written.
        results.Add("parity", new() { ["status"] = "ok", ["largest"] = double.NaN, ["loss"] = ResultFile.Node(double.PositiveInfinity) });
        results.Add("bench-paper", new() { ["status"] = "timed-out", ["result"] = JsonNode.Parse("""{"float32": {"unetMs": 8}}""") });
        results.Add("reference-paper", new() { ["status"] = "ok", ["result"] = JsonNode.Parse("""{"eager": {"passMs": 10}}""") });
        JsonNode whole = ResultFile.Read(path)!;
        Assert.Equal(["info", "parity", "bench-paper", "reference-paper"], whole["parts"]!.AsObject().Select(part => part.Key));
        Assert.Equal(0.8, whole["ratios"]!["paper float32 / eager"]!["sampling"]!.GetValue<double>());

        File.WriteAllText(path, "{ \"parts\":");
        Assert.Null(ResultFile.Read(path));
    }

    [Theory]
    [InlineData(50_000_000, 0)]
    [InlineData(50_000_001, 1)]
    public void What_travels_has_50_MB_at_most(long bytes, int code)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kit is for Linux.");
        string file = _folder["kit.tar.xz"], script = Path.Combine(
            RepositoryFolder.Find(), "tests", "Consensus.ML.Gpu", "publish.sh");
        using (FileStream empty = File.Create(file))
        {
            empty.SetLength(bytes);
        }

        Assert.Equal(code, ChildProcess.Run("bash", script, "--check", file));
    }

    [Fact]
    public void Options_of_a_run_are_read_or_refused()
    {
        KitOptions read = KitOptions.Read(["--out", "a.json", "--seconds", "600", "--ref", "", "--toy"])!;
        Assert.Equal(("a.json", TimeSpan.FromMinutes(10), null, true), (read.Output, read.Time, read.Reference, read.IsToy));
        Assert.Equal("/code", KitOptions.Read(["--out", "a.json", "--ref", "/code"])!.Reference);
        Assert.Null(KitOptions.Read(["--seconds", "600"]));
        Assert.Null(KitOptions.Read(["--out", "a.json", "--size", "9"]));
        Assert.Null(KitOptions.Read(["--out"]));
    }

    /// <summary>Every part that a CPU can do, with the smallest networks; the training is killed and goes on.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void Everything_but_the_GPU_runs_on_a_CPU()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kit is for Linux.");
        string path = _folder["results.json"];

        int code = ChildProcess.Run(
            Path.Combine(AppContext.BaseDirectory, "Consensus.ML.Gpu"), "run", "--toy", "--device", "cpu", "--seconds", "120",
            "--out", path, "--data", _folder["none"]);

        JsonNode results = ResultFile.Read(path)!;
        Assert.True(code == 0, results.ToJsonString());
        JsonObject parts = results["parts"]!.AsObject();
        Assert.Equal(["info", "parity", "bench-toy", "reference-toy", "train-toy"], parts.Select(part => part.Key));
        Assert.Equal("skipped", parts["reference-toy"]!["status"]!.GetValue<string>());
        Assert.True(parts["info"]!["result"]!["check"]!["isGood"]!.GetValue<bool>());
        Assert.Equal("good", parts["parity"]!["result"]!["float32"]!["verdict"]!.GetValue<string>());
        Assert.InRange(parts["bench-toy"]!["result"]!["float32"]!["shareOfMatrixProducts"]!.GetValue<double>(), 1e-4, 1);
        JsonNode training = parts["train-toy"]!;
        Assert.True(training["resumed"]!.GetValue<bool>(), results.ToJsonString());
        Assert.True(training["result"]!["ended"]!.GetValue<bool>());
        Assert.Equal("made up", training["result"]!["data"]!.GetValue<string>());
        Assert.InRange(
            training["result"]!["firstStepOfThisProcess"]!.GetValue<int>(), 2, training["stepsBeforeTheKill"]!.GetValue<int>() + 1);
    }
}
