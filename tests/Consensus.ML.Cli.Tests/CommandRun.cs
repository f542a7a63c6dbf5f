using System.Diagnostics;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>The output of a run of the command.</summary>
internal sealed record CommandRun(int Code, string Out, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs the command in this process.</summary>
    public static CommandRun InProcess(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(args, new Terminal(output, error, IsInteractive: false));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs the command as a process of its own, as a shell does.</summary>
    public static CommandRun OutOfProcess(params string[] args)
    {
        using ChildProcess process = Start(args);
        (int code, string output, string error) = process.Finish();
        return new(code, output, error);
    }

    public static ChildProcess Start(params string[] args) => ChildProcess.Start(StartInfo(args));

    public static ProcessStartInfo StartInfo(params string[] args) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "consensus.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CONSENSUS_DEBUG"] = "" },
        };

    /// <summary>Makes sure that the command failed with this code, and with one line that says why.</summary>
    public void AssertFailed(int code, params string[] said)
    {
        Assert.True(code == Code, $"Exit code {Code} instead of {code}: {Error}");
        string line = Assert.Single(ErrorLines, line => !line.StartsWith("consensus: warning: ", StringComparison.Ordinal));
        Assert.StartsWith("consensus: ", line, StringComparison.Ordinal);
        Assert.All(said, part => Assert.Contains(part, line, StringComparison.Ordinal));
    }

    public CommandRun AssertSucceeded()
    {
        Assert.True(Code == 0, $"Exit code {Code}: {Error}");
        return this;
    }
}
