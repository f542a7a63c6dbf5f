using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>The shell blocks of README.md, run line by line; only the length of training and the network of bench are cut.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_line_of_the_command_blocks_runs()
    {
        string[] lines = [.. ShellLine().Matches(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "README.md"))).Select(match => match.Groups[1].Value)];
        Assert.Equal(["phantom", "dataset", "raters", "inspect", "train", "evaluate", "predict", "ensemble", "study", "bench", "info"], lines.Select(line => line.Split(' ')[0]).Distinct());
        using var workspace = new Workspace();
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = workspace.Root;
        try
        {
            foreach (string line in lines)
            {
                string shortened = line.Replace("--minutes 15", "--steps 2", StringComparison.Ordinal);
                string[] args = (line == "bench" ? string.Join(' ', BenchTests.Smallest) : shortened).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                CommandRun.InProcess(args).AssertSucceeded();
            }

            Assert.True(File.Exists("report.json"));
            Assert.NotEmpty(Directory.GetFiles("maps", "*_soft.nii.gz"));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [GeneratedRegex(@"^consensus ([a-z].*)$", RegexOptions.Multiline)]
    private static partial Regex ShellLine();
}
