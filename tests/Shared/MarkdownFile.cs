using System.Text.RegularExpressions;

namespace Consensus.ML.Tests.Shared;

/// <summary>A Markdown file of the repository, taken apart into prose and blocks of code.</summary>
internal sealed partial class MarkdownFile
{
    private MarkdownFile(string path, string name)
    {
        Path = path;
        Name = name;
        Lines = File.ReadAllLines(path);
        (Prose, Blocks) = TakeApart(name, Lines);
    }

    /// <summary>The path of the file.</summary>
    public string Path { get; }

    /// <summary>Its path within the repository, with '/' between names.</summary>
    public string Name { get; }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>The lines outside blocks of code, with their numbers.</summary>
    public IReadOnlyList<(int Number, string Text)> Prose { get; }

    /// <summary>The blocks of code between fences.</summary>
    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>Every Markdown file of the repository, except files that are built or generated.</summary>
    public static IReadOnlyList<MarkdownFile> All()
    {
        string root = RepositoryFolder.Find();
        return [.. Files(root).Select(path => (Path: path, Name: System.IO.Path.GetRelativePath(root, path).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => new MarkdownFile(file.Path, file.Name))];
    }

    /// <summary>One file, by its path within the repository.</summary>
    public static MarkdownFile Read(string name) => new(System.IO.Path.Combine(RepositoryFolder.Find(), name), name);

    /// <summary>The anchors of its headings, made in the same way as on GitHub.</summary>
    public IReadOnlySet<string> Anchors()
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match heading in Prose.Select(line => Heading().Match(line.Text)).Where(match => match.Success))
        {
            string text = Link().Replace(heading.Groups[1].Value, "$1").ToLowerInvariant();
            string slug = NotInAnchors().Replace(text, "").Replace(' ', '-'), anchor = slug;
            for (int again = 1; !anchors.Add(anchor); again++)
            {
                anchor = $"{slug}-{again}";
            }
        }

        return anchors;
    }

    /// <summary>The targets of its links and pictures, with the numbers of their lines.</summary>
    public IEnumerable<(int Number, string Target)> Links() =>
        from line in Prose
        from Match link in Link().Matches(InlineCode().Replace(line.Text, ""))
        select (line.Number, link.Groups[2].Value);

    /// <summary>A line without the targets of its links.</summary>
    public static string WithoutTargets(string line) => Link().Replace(line, "[$1]()");

    private static (List<(int Number, string Text)> Prose, List<CodeBlock> Blocks) TakeApart(string name, IReadOnlyList<string> lines)
    {
        var prose = new List<(int, string)>();
        var blocks = new List<CodeBlock>();
        for (int i = 0; i < lines.Count; i++)
        {
            Match fence = Fence().Match(lines[i]);
            if (!fence.Success)
            {
                prose.Add((i + 1, lines[i]));
                continue;
            }

            string indent = fence.Groups[1].Value;
            int first = ++i;
            while (i < lines.Count && lines[i].Trim() != "```")
            {
                i++;
            }

            Assert.True(i < lines.Count, $"{name}({first}): this block of code has no end.");
            IEnumerable<string> code = lines.Take(first..i)
                .Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line);
            blocks.Add(new(name, first + 1, fence.Groups[2].Value, string.Join('\n', code)));
        }

        return (prose, blocks);
    }

    // Hidden folders and folders in .gitignore are left out.
    private static IEnumerable<string> Files(string folder)
    {
        string[] generated = ["bin", "obj", "TestResults", "artifacts", "feed", "runs", "_site", "api"];
        IEnumerable<string> deeper = Directory.EnumerateDirectories(folder)
            .Where(path => System.IO.Path.GetFileName(path) is { } name && !name.StartsWith('.') && !generated.Contains(name));
        return Directory.EnumerateFiles(folder, "*.md").Concat(deeper.SelectMany(Files));
    }

    [GeneratedRegex(@"^( *)```(\w*) *$")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#{1,6} +(.*?) *$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"!?\[([^\[\]]*)\]\(([^()\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();
}

/// <summary>A block of code of a Markdown file.</summary>
/// <param name="File">The file, by its path within the repository.</param>
/// <param name="Line">The number of its first line.</param>
/// <param name="Language">The word after the fence; empty if there is none.</param>
/// <param name="Text">The code.</param>
internal sealed record CodeBlock(string File, int Line, string Language, string Text)
{
    public override string ToString() => $"{File}({Line})";
}
