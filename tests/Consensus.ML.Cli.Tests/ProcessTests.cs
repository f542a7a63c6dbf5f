using System.Diagnostics;
using System.Text.Json;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>Tests that need a separate process: exit codes, streams and signals.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void Info_names_versions_backend_device_and_threads()
    {
        CommandRun run = CommandRun.OutOfProcess("info").AssertSucceeded();
        Assert.All(
            ["Consensus.ML", "ML.NET", "TorchSharp", "libtorch", ".NET", "backend", "device", "threads"],
            name => Assert.Contains(name, run.Out, StringComparison.Ordinal));
        Assert.Empty(run.Error);
        string json = CommandRun.OutOfProcess("info", "--json", "--check", "--device", "cpu").AssertSucceeded().Out;
        using JsonDocument facts = JsonDocument.Parse(json);
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "runtime-info.schema.json"))
            .Violations(facts.RootElement));
        Assert.True(facts.RootElement.GetProperty("check").GetProperty("isGood").GetBoolean());
        Assert.Equal("0.107.0", facts.RootElement.GetProperty("torchSharp").GetString());
        if (facts.RootElement.GetProperty("device").GetString() == "cpu")
        {
            Assert.NotEmpty(facts.RootElement.GetProperty("whyNoGpu").GetString()!);
        }
    }

    [Fact]
    public void The_version_is_one_line() =>
        Assert.Matches(@"^consensus \d+\.\d+\.\d+\S*\n$", CommandRun.OutOfProcess("--version").AssertSucceeded().Out);

    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("inspect")]
    [InlineData("raters")]
    [InlineData("phantom")]
    [InlineData("info")]
    public void Every_command_has_help_with_an_example(string command)
    {
        string text = CommandRun.InProcess(command.Length == 0 ? ["--help"] : [command, "--help"]).AssertSucceeded().Out;
        Assert.Contains(
            $"  consensus {command}".TrimEnd(), text[text.IndexOf("Example", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_go_to_the_error_stream_with_a_code()
    {
        CommandRun run = CommandRun.OutOfProcess("inspect", "/nowhere/image.nii.gz");
        run.AssertFailed(1, "/nowhere/image.nii.gz");
        Assert.Empty(run.Out);
        CommandRun.OutOfProcess("train", "--task", "liver").AssertFailed(2);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void An_interrupt_during_training_saves_the_best_model_so_far(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are sent with the kill command, and let through with GNU env.");
        using var workspace = new Workspace();
        ProcessStartInfo start = CommandRun.StartInfo(
            "train", "--data", workspace.Phantom(), "--task", "kidney", "--size", "32", "--minutes", "60", "--precision", "float32",
            "--out", workspace["model.zip"]);

        // A process that a shell starts in the background (with & or nohup) ignores interrupts. So do its children, perhaps also these
        // tests.
        start.ArgumentList.Insert(0, $"--default-signal={signal}");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        while (process.Process.StandardOutput.ReadLine() is { } line && !line.Contains("step ", StringComparison.Ordinal))
        {
        }

        ChildProcess.Run("kill", $"-{signal}", process.Process.Id.ToString());
        (int code, string rest, string error) = process.Finish();
        Assert.True(code == 0, $"Exit code {code}: {error}");
        Assert.Contains("stopping", error, StringComparison.Ordinal);
        Assert.Contains("Wrote", rest, StringComparison.Ordinal);
        Assert.True(File.Exists(workspace["model.zip"]));
        Assert.DoesNotContain(workspace.Contents(), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_disk_that_is_full_after_all_leaves_nothing_and_says_so_in_one_line()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The size of files is limited with the shell's ulimit.");
        using var workspace = new Workspace();
        ProcessStartInfo start = CommandRun.StartInfo();
        string command = string.Join(' ', new[] { start.FileName }.Concat(start.ArgumentList).Select(part => $"'{part}'"));

        // Files may have up to 256 KiB: enough to begin, too little for the slices of a kidney at full size.
        using ChildProcess process = ChildProcess.Start(
            new("bash", ["-c", $"trap '' XFSZ; ulimit -f 256; {command} phantom --out '{workspace["data"]}' --task kidney --cases 2"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,

                // Otherwise the runtime keeps some of its own memory in a file, which would not fit.
                Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
            });
        (int code, _, string error) = process.Finish();
        new CommandRun(code, "", error).AssertFailed(1, "too large");
        Assert.Empty(workspace.Contents());
    }
}
