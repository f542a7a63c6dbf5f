using System.CommandLine;
using System.Reflection;
using System.Text;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Documentation;

/// <summary>The lines of shell blocks that call <c>consensus</c>.</summary>
internal static class ShellBlock
{
    private static readonly string[] _languages = ["", "sh", "bash", "shell", "console"];

    /// <summary>The calls in a file's shell blocks.</summary>
    public static IEnumerable<ShellLine> Lines(MarkdownFile file) => file.Blocks.Where(block => _languages.Contains(block.Language)).SelectMany(Lines);

    /// <summary>The calls in a block: behind '$' where the block has prompts, for what follows a prompt is output.</summary>
    public static IEnumerable<ShellLine> Lines(CodeBlock block)
    {
        string[] lines = block.Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
        bool hasPrompts = lines.Any(line => line.StartsWith("$ ", StringComparison.Ordinal));
        string start = hasPrompts ? "$ consensus " : "consensus ";
        return from line in lines
               where line.StartsWith(start, StringComparison.Ordinal)
               select new ShellLine(block.File, line[(start.Length - "consensus ".Length)..], Split(line[start.Length..]));
    }

    /// <summary>What the parser complains of.</summary>
    public static IReadOnlyList<string> Complaints(string[] args)
    {
        // The command line has no other way to be parsed without being run.
        MethodInfo create = typeof(CommandLine).GetMethod("CreateRoot", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        var root = (RootCommand)create.Invoke(null, [new Terminal(TextWriter.Null, TextWriter.Null, IsInteractive: false)])!;
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return [.. parsed.Errors.Select(error => error.Message)];
    }

    // As a shell takes a line apart: quotes keep words together, and '#' begins a comment.
    private static string[] Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool isWord = false;
        char quote = '\0';
        foreach (char letter in text)
        {
            if (letter == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && letter is '"' or '\'')
            {
                (quote, isWord) = (letter, true);
            }
            else if (quote == '\0' && letter == '#' && !isWord)
            {
                break;
            }
            else if (quote == '\0' && letter == ' ')
            {
                Finish();
            }
            else
            {
                word.Append(letter);
                isWord = true;
            }
        }

        Finish();
        return [.. words];

        void Finish()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }
}

/// <summary>A call of the command in a Markdown file.</summary>
/// <param name="File">The file.</param>
/// <param name="Text">The call as it is written.</param>
/// <param name="Arguments">What stands behind <c>consensus</c>.</param>
internal sealed record ShellLine(string File, string Text, string[] Arguments);
