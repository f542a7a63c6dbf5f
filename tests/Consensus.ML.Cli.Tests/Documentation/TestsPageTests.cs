using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Documentation;

/// <summary>The page about the tests names every test project.</summary>
public sealed class TestsPageTests
{
    [Fact]
    public void The_page_names_every_project()
    {
        string folder = Path.Combine(RepositoryFolder.Find(), "tests");
        string text = File.ReadAllText(Path.Combine(folder, "README.md"));
        IEnumerable<string> files = Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories);
        string[] projects = [.. files.Select(file => Path.GetFileNameWithoutExtension(file))];
        Assert.InRange(projects.Length, 5, 50);
        Assert.All(projects, project => Assert.Contains($"| `{project}` |", text, StringComparison.Ordinal));
    }
}
