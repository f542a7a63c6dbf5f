using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Snapshots;

/// <summary>Compares the output that a user sees with an approved text.</summary>
/// <remarks>
/// To accept a change, run the tests once with the environment variable CONSENSUS_ACCEPT_SNAPSHOTS=1, and read the changes in git.
/// </remarks>
internal static partial class Snapshot
{
    private const string Accept = "CONSENSUS_ACCEPT_SNAPSHOTS";

    /// <summary>Fails if the text differs from the approved file.</summary>
    /// <param name="name">The file's name in this folder, without its extension.</param>
    /// <param name="text">What the command printed.</param>
    public static void AssertApproved(string name, string text)
    {
        string file = Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Cli.Tests", "Snapshots", $"{name}.txt");
        string seen = TrailingSpace().Replace(text.ReplaceLineEndings("\n"), "").Trim('\n') + "\n";
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(file, seen);
            return;
        }

        Assert.True(File.Exists(file), $"{file} is missing. Run this test with {Accept}=1 to make it.");
        string approved = File.ReadAllText(file).ReplaceLineEndings("\n");
        if (approved == seen)
        {
            return;
        }

        string[] before = approved.Split('\n'), after = seen.Split('\n');
        string difference = string.Join(
            "\n",
            [.. before.Except(after).Take(10).Select(line => $"- {line}"), .. after.Except(before).Take(10).Select(line => $"+ {line}")]);
        Assert.Fail(
            $"What users see of '{name}' changed:\n{difference}\nIf that is on purpose, run this test with {Accept}=1 and commit {file}.");
    }

    [GeneratedRegex(" +$", RegexOptions.Multiline)]
    private static partial Regex TrailingSpace();
}
