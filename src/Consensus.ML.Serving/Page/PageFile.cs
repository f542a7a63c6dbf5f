using System.Reflection;
using System.Security.Cryptography;

namespace Consensus.ML.Serving.Page;

/// <summary>A file of the page, which is inside the assembly.</summary>
/// <param name="Name">Its path within the page, with '/' between names.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Tag">A tag that changes with its content, in quotes.</param>
internal sealed record PageFile(string Name, string ContentType, byte[] Bytes, string Tag)
{
    /// <summary>The file that stands for the page itself.</summary>
    public const string Index = "index.html";

    private const string Prefix = "Page/";

    /// <summary>All files. No other name is ever looked up, so that a path of a client cannot lead anywhere else.</summary>
    public static IReadOnlyDictionary<string, PageFile> All { get; } = ReadAll();

    private static Dictionary<string, PageFile> ReadAll()
    {
        Assembly assembly = typeof(PageFile).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name))
            .ToDictionary(file => file.Name, StringComparer.Ordinal);
    }

    private static PageFile Read(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        string name = resource[Prefix.Length..].Replace('\\', '/');
        return new(name, TypeOf(name), bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" or ".mjs" => "text/javascript; charset=utf-8",
        ".json" or ".webmanifest" => "application/json",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        string other => throw new InvalidOperationException($"The page has a file '{name}', but '{other}' has no media type here."),
    };
}
