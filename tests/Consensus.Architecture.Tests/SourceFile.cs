using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.Architecture.Tests;

/// <summary>A C# file of the repository: its path, its namespaces, and the namespaces that it imports.</summary>
/// <param name="Name">Its path within the repository, with '/' between names.</param>
/// <param name="Lines">Its text.</param>
internal sealed partial record SourceFile(string Name, IReadOnlyList<string> Lines)
{
    /// <summary>The namespaces that the file declares. Almost every file declares one.</summary>
    public IReadOnlyList<string> Namespaces { get; } = [.. Captured(Lines, Declaration())];

    /// <summary>The namespaces of this repository that it imports, even if only its documentation uses them.</summary>
    public IReadOnlyList<string> Imports { get; } = [.. Captured(Lines, Import())];

    /// <summary>All files below a folder of the repository, except built files.</summary>
    public static IReadOnlyList<SourceFile> Below(string folder)
    {
        string root = RepositoryFolder.Find();
        return
        [
            .. Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
                .Select(path => (Path: path, Name: Path.GetRelativePath(root, path).Replace('\\', '/')))
                .Where(file => !file.Name.Split('/').Any(part => part is "bin" or "obj"))
                .OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => new SourceFile(file.Name, File.ReadAllLines(file.Path))),
        ];
    }

    /// <summary>The namespace for its folder: the path within src or tests.</summary>
    public string ExpectedNamespace => string.Join('.', Name.Split('/')[1..^1]);

    private static IEnumerable<string> Captured(IEnumerable<string> lines, Regex pattern) =>
        lines.Select(line => pattern.Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^namespace ([\w.]+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^using (?:static |\w+ = )?(Consensus\.[\w.]+);")]
    private static partial Regex Import();
}
