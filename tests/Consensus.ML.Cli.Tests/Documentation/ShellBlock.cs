using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Documentation;

/// <summary>The lines of shell blocks that call <c>consensus</c>.</summary>
internal static partial class ShellBlock
{
    private static readonly string[] _languages = ["", "sh", "bash", "shell", "console"];

    /// <summary>The calls in a file's shell blocks.</summary>
    public static IEnumerable<ShellLine> Lines(MarkdownFile file) =>
        file.Blocks.Where(block => _languages.Contains(block.Language)).SelectMany(Lines);

    /// <summary>The calls in a block. Where the block has prompts, only lines with '$' are calls; the other lines are output.</summary>
    public static IEnumerable<ShellLine> Lines(CodeBlock block)
    {
        string[] lines = block.Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
        bool hasPrompts = lines.Any(line => line.StartsWith("$ ", StringComparison.Ordinal));
        string start = hasPrompts ? "$ consensus " : "consensus ";
        return from line in lines
               where line.StartsWith(start, StringComparison.Ordinal)
               let call = Comment().Replace(line[(start.Length - "consensus ".Length)..], "")
               select new ShellLine(block.File, call, [.. CommandLineParser.SplitCommandLine(call).Skip(1)]);
    }

    /// <summary>The errors of the parser.</summary>
    public static IReadOnlyList<string> Complaints(string[] args)
    {
        RootCommand root = CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null, IsInteractive: false));
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return [.. parsed.Errors.Select(error => error.Message)];
    }

    [GeneratedRegex(@"\s+#\s.*$")]
    private static partial Regex Comment();
}

/// <summary>A call of the command in a Markdown file.</summary>
/// <param name="File">The file.</param>
/// <param name="Text">The call as it is written.</param>
/// <param name="Arguments">The words after <c>consensus</c>.</param>
internal sealed record ShellLine(string File, string Text, string[] Arguments);
