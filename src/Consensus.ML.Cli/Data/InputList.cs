using System.Text;
using System.Text.Json;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// A list of inputs that is too long for a command line: a text file with an input on each line. A line is the path of an image, a JSON
/// array with the paths of an image's channels, or a JSON object with a name and such an array. Empty lines do not count.
/// </summary>
internal static class InputList
{
    /// <summary>The name that stands for the standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Reads the cases of a list, without looking at their images.</summary>
    /// <param name="path">The file, or '-' for the standard input.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is wrong, or there is none. The message names the line.</exception>
    public static IReadOnlyList<RaterCase> Read(string path)
    {
        if (path != StandardInput && !File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder, not a list of inputs." : $"There is no list of inputs '{path}'.");
        }

        string name = path == StandardInput ? "the standard input" : $"'{path}'";
        using var reader = new StreamReader(path == StandardInput ? Console.OpenStandardInput() : File.OpenRead(path), Encoding.UTF8);
        RaterCase[] cases = [.. Read(reader, name)];
        return cases.Length > 0 ? cases : throw new InvalidDataException($"There is no input in {name}.");
    }

    private static IEnumerable<RaterCase> Read(TextReader reader, string name)
    {
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (NameText.Problem(line) is { } problem)
            {
                throw new InvalidDataException($"Line {number} of {name} {problem}; a line is a path or JSON.");
            }

            yield return line[0] is '[' or '{'
                ? FromJson(line, $"Line {number} of {name}")
                : new RaterCase(CaseName.FromPath(line), line, []);
        }
    }

    private static RaterCase FromJson(string line, string place)
    {
        const string Allowed =
            """it must be a path, an array of paths such as ["t1.nii", "t2.nii"], or {"case": "name", "images": ["t1.nii", "t2.nii"]}""";
        try
        {
            using var document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement, images = root;
            string? name = null;
            if (root.ValueKind == JsonValueKind.Object)
            {
                JsonProperty[] properties = [.. root.EnumerateObject()];
                name = properties.Length == 2 && root.TryGetProperty("case", out JsonElement said) && said.ValueKind == JsonValueKind.String
                    ? said.GetString()
                    : null;
                if (name is null || !root.TryGetProperty("images", out images))
                {
                    throw new InvalidDataException($"{place} is another object; {Allowed}.");
                }
            }

            string[] paths = images.ValueKind == JsonValueKind.Array
                ? [.. images.EnumerateArray().Select(path => path.ValueKind == JsonValueKind.String ? path.GetString()! : "")]
                : [];
            return paths.Length > 0 && !paths.Any(string.IsNullOrWhiteSpace)
                ? new RaterCase(name ?? CaseName.FromPath(paths[0]), paths, [], [])
                : throw new InvalidDataException($"{place} names no paths, or an empty one; {Allowed}.");
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"{place} is no JSON; {Allowed}. A file whose name begins with '{line[0]}' is './{line[0]}…'.");
        }
    }
}
