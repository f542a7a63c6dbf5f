using System.Reflection;
using Consensus.Imaging;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>The command that CONTRIBUTING.md names makes the API reference, and every public type has a page.</summary>
public sealed class ApiReferenceTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public async Task Docfx_makes_a_page_of_every_public_type_and_warns_of_nothing()
    {
        string root = RepositoryFolder.Find(), folder = Path.Combine(root, "artifacts", "docs"), site = Path.Combine(folder, "site");
        if (Directory.Exists(folder))
        {
            // Old pages of deleted types would stay, and refer to nothing.
            Directory.Delete(folder, recursive: true);
        }

        await PackageTests.Run(root, "tool", "restore");
        string output = await PackageTests.Run(root, "docfx", "src/docfx.json");
        Assert.Contains("0 warning(s)", output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning:", output, StringComparison.Ordinal);

        // The compiler makes the types with '<' in their names.
        IEnumerable<Assembly> libraries = [typeof(ConsensusCatalog).Assembly, typeof(Slice).Assembly];
        IEnumerable<string> types = libraries.SelectMany(library => library.GetExportedTypes()).Select(type => type.FullName!);
        types = types.Where(name => !name.Contains('<', StringComparison.Ordinal));
        // docfx writes the page of a generic type as Name-1.html.
        string[] pages = [.. types.Select(name => $"{name.Replace('+', '.').Replace('`', '-')}.html")];
        Assert.InRange(pages.Length, 20, 1000);
        Assert.All(pages, page => Assert.True(File.Exists(Path.Combine(site, page)), $"There is no {page}."));
    }
}
