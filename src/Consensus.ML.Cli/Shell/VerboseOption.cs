using System.CommandLine;

namespace Consensus.ML.Cli.Shell;

/// <summary><c>--verbose</c>, which every command has.</summary>
internal static class VerboseOption
{
    /// <summary>The option, for the root of all commands.</summary>
    public static Option<bool> Instance { get; } = new("--verbose")
    {
        Description = "Also print the log and, after an error, where it happened (as the environment variable CONSENSUS_DEBUG=1 does).",
        Recursive = true,
    };

    /// <summary>Whether to show the log and stack traces.</summary>
    public static bool IsVerbose(this ParseResult parsed) =>
        parsed.GetValue(Instance) || Environment.GetEnvironmentVariable("CONSENSUS_DEBUG") is { Length: > 0 } and not "0";
}
