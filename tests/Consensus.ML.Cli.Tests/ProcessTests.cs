using System.Diagnostics;
using System.Text.Json;

namespace Consensus.ML.Cli.Tests;

/// <summary>What only a process of its own shows: exit codes, streams and signals.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void Info_names_versions_backend_device_and_threads()
    {
        CommandRun run = CommandRun.OutOfProcess("info").AssertSucceeded();
        Assert.All(["Consensus.ML", "ML.NET", "TorchSharp", "libtorch", ".NET", "backend", "device", "threads"], name => Assert.Contains(name, run.Out, StringComparison.Ordinal));
        Assert.Empty(run.Error);
        using JsonDocument facts = JsonDocument.Parse(CommandRun.OutOfProcess("info", "--json").AssertSucceeded().Out);
        Assert.Equal("0.107.0", facts.RootElement.GetProperty("torchSharp").GetString());
        if (facts.RootElement.GetProperty("device").GetString() == "cpu")
        {
            Assert.NotEmpty(facts.RootElement.GetProperty("whyNoGpu").GetString()!);
        }
    }

    [Fact]
    public void The_version_is_one_line() => Assert.Matches(@"^consensus \d+\.\d+\.\d+\S*\n$", CommandRun.OutOfProcess("--version").AssertSucceeded().Out);

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
        Assert.Contains($"  consensus {command}".TrimEnd(), text[text.IndexOf("Example", StringComparison.Ordinal)..], StringComparison.Ordinal);
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
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent with the kill command.");
        using var workspace = new Workspace();
        using Process process = CommandRun.Start(
            "train", "--data", workspace.Phantom(), "--task", "kidney", "--size", "32", "--minutes", "60", "--precision", "float32", "--out", workspace["model.zip"]);
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("step ", StringComparison.Ordinal))
        {
        }

        using (Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString()]))
        {
            kill.WaitForExit();
        }

        string rest = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"Exit code {process.ExitCode}: {error}");
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

        // Files may grow to 256 KiB: enough to begin with, too little for the slices of a kidney at full size.
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f 256; {command} phantom --out '{workspace["data"]}' --task kidney --cases 2"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" }, // the runtime's own memory is a file too, and would not fit
        })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        new CommandRun(process.ExitCode, "", error).AssertFailed(1, "too large");
        Assert.Empty(workspace.Contents());
    }
}
