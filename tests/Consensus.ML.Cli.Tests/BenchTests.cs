using System.Text.Json;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus bench</c> on the smallest network: every number is there, and options that cannot be are refused.</summary>
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
    public void The_table_names_what_was_measured()
    {
        string table = CommandRun.InProcess(Smallest).AssertSucceeded().Out;
        Assert.All(
            ["sampling step, 2 levels, ms", "training step, batch 1, ms", "convolutions alone, GFLOP/s", "About"],
            part => Assert.Contains(part, table, StringComparison.Ordinal));
    }

    [Fact]
    public void All_levels_in_one_pass_are_measured_as_such()
    {
        JsonElement byLevel = Measured("embedding"), together = Measured("channels");
        Assert.Equal(("embedding", "channels"), (Setting(byLevel), Setting(together)));

        // Two levels take two passes one way; the other way only the first and the last convolution are wider.
        Assert.InRange(Operations(byLevel) / Operations(together), 1.9, 2.0);

        static JsonElement Measured(string conditioning)
        {
            using JsonDocument json = JsonDocument.Parse(
                CommandRun.InProcess([.. Smallest, "--level-conditioning", conditioning, "--json"]).AssertSucceeded().Out);
            return json.RootElement.Clone();
        }

        static string? Setting(JsonElement measured) => measured.GetProperty("settings").GetProperty("levelConditioning").GetString();

        static double Operations(JsonElement measured) => measured.GetProperty("float32").GetProperty("unetGflops").GetDouble()
            * measured.GetProperty("float32").GetProperty("unetMs").GetDouble();
    }

    [Fact]
    public void Patches_leave_a_quarter_of_the_pixels_to_the_network()
    {
        double plain = Operations(), patched = Operations("--patch-size", "2");

        // A quarter of the convolutions' work, but for the first and the last, which are four times as wide; and of attention's, by pairs
        // of pixels, a sixteenth.
        Assert.InRange(plain / patched, 3, 6);

        static double Operations(params string[] options)
        {
            using JsonDocument json = JsonDocument.Parse(CommandRun.InProcess([.. Smallest, .. options, "--json"]).AssertSucceeded().Out);
            Assert.Equal(options.Length == 0 ? 1 : 2, json.RootElement.GetProperty("settings").GetProperty("patchSize").GetInt32());
            JsonElement measured = json.RootElement.GetProperty("float32");
            return measured.GetProperty("unetGflops").GetDouble() * measured.GetProperty("unetMs").GetDouble();
        }
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
