using System.Text.Json;
using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>The repository's Markdown files can be read on a phone, their links lead somewhere, and their lists are complete.</summary>
public sealed partial class MarkdownTests
{
    private const int LongestLine = 140;

    public static TheoryData<string> Files => new(MarkdownFile.All().Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Files))]
    public void No_line_of_prose_is_longer_than_140_characters(string name)
    {
        string[] tooLong = [.. MarkdownFile.Read(name).Prose
            .Where(line => !line.Text.TrimStart().StartsWith('|') && MarkdownFile.WithoutTargets(line.Text).Length > LongestLine)
            .Select(line => $"{name}({line.Number}) has {line.Text.Length} characters")];
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_relative_link_leads_to_a_file_and_a_heading(string name)
    {
        MarkdownFile file = MarkdownFile.Read(name);
        string root = RepositoryFolder.Find();
        var broken = new List<string>();
        foreach ((int number, string target) in file.Links().Where(link => !Address().IsMatch(link.Target)))
        {
            string[] parts = target.Split('#', 2);
            string path = parts[0] == "" ? file.Path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file.Path)!, parts[0]));
            bool isInside = path.StartsWith(root, StringComparison.Ordinal) && (File.Exists(path) || Directory.Exists(path));
            if (!isInside || (parts.Length == 2 && !MarkdownFile.Read(Path.GetRelativePath(root, path)).Anchors().Contains(parts[1])))
            {
                broken.Add($"{name}({number}) leads nowhere: {target}");
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Fact]
    public void The_first_page_is_short()
    {
        MarkdownFile readme = MarkdownFile.Read("README.md");
        Assert.InRange(readme.Lines.Count, 1, 150);
        int first = 0, lines = 0;
        foreach ((int number, string text) in readme.Prose)
        {
            // Headings, tables and items of lists are paragraphs of their own.
            bool isApart = text.Length == 0 || text[0] is '#' or '|', isItem = text.StartsWith("- ", StringComparison.Ordinal);
            (first, lines) = isApart ? (number, 0) : isItem || lines == 0 ? (number, 1) : (first, lines + 1);
            Assert.True(lines <= 5, $"The paragraph at README.md({first}) has more than five lines.");
        }
    }

    [Fact]
    public void The_test_command_is_the_one_that_CI_runs()
    {
        string command = MarkdownFile.Read("README.md").Blocks.SelectMany(block => block.Text.Split('\n'))
            .Single(line => line.StartsWith("dotnet test ", StringComparison.Ordinal));
        Assert.Contains($"\n{command} ", File.ReadAllText(Path.Combine(RepositoryFolder.Find(), ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_schema_is_listed_beside_it()
    {
        string folder = Path.Combine(RepositoryFolder.Find(), "data-schemas");
        IEnumerable<string?> schemas = Directory.EnumerateFiles(folder, "*.schema.json").Select(Path.GetFileName);
        Assert.Equal(schemas.Order(StringComparer.Ordinal), FirstCells(SchemaCell()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_kind_of_problem_is_listed_with_what_to_do()
    {
        string path = Path.Combine(RepositoryFolder.Find(), "data-schemas", "dataset-check.schema.json");
        JsonElement problems = JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("properties").GetProperty("problems");
        JsonElement kind = problems.GetProperty("items").GetProperty("properties").GetProperty("kind");
        IEnumerable<string?> kinds = kind.GetProperty("enum").EnumerateArray().Select(one => one.GetString());
        Assert.Equal(kinds.Order(StringComparer.Ordinal), FirstCells(KindCell()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Anchors_are_made_as_GitHub_makes_them()
    {
        IReadOnlySet<string> anchors = MarkdownFile.Read("src/Consensus.ML/README.md").Anchors();
        Assert.Contains("gpu-threads-and-memory", anchors);
        Assert.Contains("mlnets-own-image-steps", anchors);
        Assert.DoesNotContain("GPU", anchors);
    }

    private static IEnumerable<string> FirstCells(Regex cell) =>
        from line in MarkdownFile.Read("data-schemas/README.md").Prose
        let match = cell.Match(line.Text)
        where match.Success
        select match.Groups[1].Value;

    [GeneratedRegex(@"^[a-z]+:")]
    private static partial Regex Address();

    [GeneratedRegex(@"^\| \[([a-z-]+\.schema\.json)\]\(\1\) \| [^|]+ \|$")]
    private static partial Regex SchemaCell();

    [GeneratedRegex(@"^\| `([a-z-]+)` \| (?:error|warning|error or warning) \| [^|]+ \| [^|]+ \|$")]
    private static partial Regex KindCell();
}
