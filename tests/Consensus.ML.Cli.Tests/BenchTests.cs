using System.Text.Json;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus bench</c> on the smallest network prints every number, and refuses options that cannot work.</summary>
public sealed class BenchTests
{
    internal static readonly string[] Smallest =
        [
            "bench", "--size", "8", "--channels", "32", "--multipliers", "1", "--residual-blocks", "1", "--rrdb-blocks", "1",
            "--encoder-width", "4", "--encoder-growth", "2", "--levels", "2", "--batch", "1",
        ];

    [Fact]
    public void Both_number_formats_are_measured_and_a_run_is_estimated()
    {
        using JsonDocument json = JsonDocument.Parse(CommandRun.InProcess([.. Smallest, "--json"]).AssertSucceeded().Out);
        foreach (string format in (string[])["float32", "bfloat16"])
        {
            JsonElement measured = json.RootElement.GetProperty(format);
            foreach (string number in (string[])[
                "encoderMs", "unetMs", "samplingStepMs", "trainingStepMs", "unetGflops", "convolutionGflops", "peakMemoryMb",
            ])
            {
                Assert.True(measured.GetProperty(number).GetDouble() > 0, $"{format}.{number}");
            }
        }

        Assert.Equal(
            [1], json.RootElement.GetProperty("settings").GetProperty("multipliers").EnumerateArray().Select(value => value.GetInt32()));
        JsonElement estimate = json.RootElement.GetProperty("estimate");
        double fastest = Math.Min(Step("float32"), Step("bfloat16"));
        Assert.Equal(
            estimate.GetProperty("trainingSteps").GetInt32() * fastest / 60_000, estimate.GetProperty("trainingMinutes").GetDouble(), 1e-9);
        Assert.True(estimate.GetProperty("paperMapSeconds").GetDouble() > estimate.GetProperty("mapSeconds").GetDouble());

        double Step(string format) => json.RootElement.GetProperty(format).GetProperty("trainingStepMs").GetDouble();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void The_table_names_what_was_measured()
    {
        string table = CommandRun.InProcess(Smallest).AssertSucceeded().Out;
        Assert.All(
            ["sampling step, 2 levels, ms", "training step, batch 1, ms", "convolutions alone, GFLOP/s", "About"],
            part => Assert.Contains(part, table, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void The_network_asked_for_is_the_one_that_is_measured()
    {
        string[] asked = [.. Smallest, "--level-conditioning", "channels", "--patch-size", "2", "--json"];
        using JsonDocument json = JsonDocument.Parse(CommandRun.InProcess(asked).AssertSucceeded().Out);
        JsonElement settings = json.RootElement.GetProperty("settings");
        Assert.Equal(
            ("channels", 2), (settings.GetProperty("levelConditioning").GetString(), settings.GetProperty("patchSize").GetInt32()));

        // The library measures the same network. The number of operations shows which network it is (MachineBenchmarkTests).
        JsonElement measured = json.RootElement.GetProperty("float32");
        MachineMeasurement expected = new MachineBenchmark
        {
            Size = 8, Levels = 2, BatchSize = 1, TimeEach = TimeSpan.Zero,
            Network = new()
            {
                ModelChannels = 32, ChannelMultipliers = [1], ResidualBlocks = 1, EncoderBlocks = 1, EncoderWidth = 4, EncoderGrowth = 2,
                LevelConditioning = LevelConditioning.Channels, PatchSize = 2,
            },
        }.Measure(Precision.Float32);
        Assert.Equal(
            expected.UnetGflops * expected.UnetMs,
            measured.GetProperty("unetGflops").GetDouble() * measured.GetProperty("unetMs").GetDouble(),
            1e-9);
    }

    [Theory]
    [InlineData("--patch-size", "3", "1, 2, 4, 8")]
    [InlineData("--level-conditioning", "both", "embedding, channels")]
    [InlineData("--multipliers", "1,x", "1 to 12 whole numbers")]
    [InlineData("--multipliers", "1,,2", "1 to 12 whole numbers")]
    [InlineData("--size", "100", "multiple of 8, such as 96 or 104")]
    [InlineData("--channels", "40", "multiple of 32")]
    [InlineData("--levels", "0", "from 1 to 255")]
    public void What_no_network_can_be_is_a_mistake_of_use(string option, string value, string said) =>
        CommandRun.InProcess("bench", option, value).AssertFailed(ExitCode.Usage, option, said);
}
