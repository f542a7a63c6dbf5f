using Consensus.ML.Tests.Shared;

namespace Consensus.Architecture.Tests;

/// <summary>Folders are namespaces, and lines are short.</summary>
public sealed class FolderTests
{
    private const int LongestLine = 140;

    // The first file becomes a part of users' applications. The second declares an attribute in the namespace where the runtime looks for
    // it.
    private static readonly string[] Exceptions =
    [
        "src/Consensus.ML/Package/LoadTorchOnFirstUse.cs",
        "src/Consensus.ML/MLNet/MLNetInternals.cs",
    ];

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void Namespaces_are_folders(string folder) => Complaints.AssertNone(
        from file in SourceFile.Below(folder)
        where !Exceptions.Contains(file.Name) && !file.Name.StartsWith("tests/Shared/", StringComparison.Ordinal)
        from name in file.Namespaces
        where name != file.ExpectedNamespace
        select $"{file.Name} declares {name}, but lies in {file.ExpectedNamespace}.");

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("samples")]
    public void Lines_are_short(string folder) => Complaints.AssertNone(
        from file in SourceFile.Below(folder)
        from line in file.Lines.Select((text, index) => (Text: text, Number: index + 1))
        where line.Text.Length > LongestLine
        select $"{file.Name}({line.Number}) has {line.Text.Length} characters; {LongestLine} are allowed.");

    [Fact]
    public void Lines_of_project_files_are_short()
    {
        string root = RepositoryFolder.Find();
        string[] files =
        [
            .. Directory.EnumerateFiles(root),
            .. new[] { "src", "tests", "samples" }.SelectMany(
                folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)),
        ];
        string[] projects =
        [
            .. files.Where(file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets")
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")),
        ];
        Assert.Contains(projects, file => file.EndsWith("MLNetInternals.targets", StringComparison.Ordinal));
        Complaints.AssertNone(
            from file in projects
            from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
            where line.Text.Length > LongestLine
            select $"{file}({line.Number}) has {line.Text.Length} characters; {LongestLine} are allowed.");
    }
}
