using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Tests.Documentation;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// The README of the command and its help agree with the command line: each command has a section with an example, each option in the
/// text exists, and each example in the help is a valid command.
/// </summary>
public sealed partial class CommandReferenceTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "src", "Consensus.ML.Cli", "README.md"));

    /// <summary>The options that every command has.</summary>
    private static readonly string[] Common = ["--help", "--torch", "--verbose"];

    public static TheoryData<string> CommandNames => [.. Leaves().Select(leaf => leaf.Name)];

    [Fact]
    public void The_table_and_the_sections_name_every_command_once()
    {
        string[] commands = [.. Leaves().Select(leaf => $"consensus {leaf.Name}").Order(StringComparer.Ordinal)];
        string[] sections = [.. Section().Matches(Text).Select(match => match.Groups[1].Value)];
        string[] listed = [.. TableRow().Matches(Text).Select(match => match.Groups[1].Value)];
        Assert.Equal(commands, sections.Order(StringComparer.Ordinal));
        Assert.Equal(sections, listed);
    }

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void A_section_shows_its_command(string name)
    {
        string[] examples = [.. Examples(SectionOf(name)).Where(line => line.StartsWith($"consensus {name}", StringComparison.Ordinal))];
        Assert.NotEmpty(examples);
        Assert.Contains($"$ consensus {name}", SectionOf(name), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void A_section_names_options_that_its_command_has(string name)
    {
        Command command = Leaves().Single(leaf => leaf.Name == name).Command;
        string[] options = [.. command.Options.Select(option => option.Name), .. Common];
        Assert.Empty(OptionName().Matches(SectionOf(name)).Select(match => match.Groups[1].Value).Except(options));
    }

    [Fact]
    public void The_other_sections_name_options_that_some_command_has()
    {
        string[] options = [.. Leaves().SelectMany(leaf => leaf.Command.Options).Select(option => option.Name), .. Common];
        Assert.Empty(OptionName().Matches(Text).Select(match => match.Groups[1].Value).Except(options));
    }

    [Fact]
    public void Every_example_that_help_prints_can_be_typed()
    {
        string[][] asked = [[], .. Leaves().Select(leaf => leaf.Name.Split(' '))];
        string[] examples = [.. asked.SelectMany(command => Examples(CommandRun.InProcess([.. command, "--help"]).AssertSucceeded().Out))];
        Assert.InRange(examples.Length, 20, 100);
        Assert.All(examples, AssertParses);
    }

    [Fact]
    public void Help_lists_every_command_with_its_purpose()
    {
        string help = CommandRun.InProcess("--help").AssertSucceeded().Out;
        string dataset = CommandRun.InProcess("dataset", "--help").AssertSucceeded().Out;
        foreach ((string name, Command command) in Leaves())
        {
            string text = name.Contains(' ', StringComparison.Ordinal) ? dataset : help;
            Assert.Matches($@"(?m)^  {command.Name}\b.*  {Regex.Escape(command.Description!)}\s*$", text);
        }
    }

    private static void AssertParses(string line) =>
        Assert.Equal([], ShellBlock.Complaints([.. CommandLineParser.SplitCommandLine(line).Skip(1)]));

    private static RootCommand Root() => CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null, IsInteractive: false));

    private static IEnumerable<(string Name, Command Command)> Leaves() => Leaves(Root(), "");

    private static IEnumerable<(string Name, Command Command)> Leaves(Command parent, string prefix) =>
        parent.Subcommands.SelectMany(child =>
            child.Subcommands.Count == 0 ? [($"{prefix}{child.Name}", child)] : Leaves(child, $"{child.Name} "));

    private static IEnumerable<string> Examples(string text) => Example().Matches(text).Select(match => match.Groups[1].Value.TrimEnd());

    private static string SectionOf(string name)
    {
        int begin = Text.IndexOf($"## `consensus {name}`\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"README.md has no section for 'consensus {name}'.");
        int end = Text.IndexOf("\n## ", begin, StringComparison.Ordinal);
        return Text[begin..(end < 0 ? Text.Length : end)];
    }

    [GeneratedRegex(@"^## `(consensus [a-z ]+)`$", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\| \[`(consensus [a-z ]+)`\]\(#[a-z-]+\) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"^(?:  |\$ )?(consensus [a-z].*)$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"`(--[a-z-]+)")]
    private static partial Regex OptionName();
}
