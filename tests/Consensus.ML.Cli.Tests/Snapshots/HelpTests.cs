using System.CommandLine;

namespace Consensus.ML.Cli.Tests.Snapshots;

/// <summary>The help of the program and of each command, word for word.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => [.. Names("", CommandLine.CreateRoot(new(TextWriter.Null, TextWriter.Null, false)))];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_is_the_approved_one(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        CommandRun run = CommandRun.InProcess([.. words, "--help"]).AssertSucceeded();

        // The first word of the usage is the running program, which here is the test program.
        Snapshot.AssertApproved(
            $"help{string.Concat(words.Select(word => $"-{word}"))}",
            run.Out.Replace($"  {RootCommand.ExecutableName} ", "  consensus ", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Names(string name, Command command) =>
        command.Subcommands.SelectMany(inner => Names($"{name} {inner.Name}".TrimStart(), inner)).Prepend(name);
}
