namespace Consensus.Architecture.Tests;

/// <summary>Folders are namespaces, lines are short, and tests stand where their subjects do.</summary>
public sealed class FolderTests
{
    private const int LongestLine = 140;

    // The file goes into users' applications; the other declares an attribute where the runtime looks for it.
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
}
