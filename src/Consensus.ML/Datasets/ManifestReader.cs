using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;

namespace Consensus.ML.Datasets;

/// <summary>
/// Reads a dataset manifest strictly, and goes on behind a mistake: a check of the set can name all of them in one run, and still look at
/// the cases that are described well.
/// </summary>
internal sealed class ManifestReader
{
    private const int MostRaters = 255;

    private readonly List<ManifestFault> _faults = [];

    private ManifestReader()
    {
    }

    /// <summary>Reads what can be read.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not JSON, or of a newer format.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static (DatasetManifest Manifest, IReadOnlyList<ManifestFault> Faults) Read(string path)
    {
        using JsonDocument document = Parse(path);
        EnsureVersion(document.RootElement, path);
        var reader = new ManifestReader();
        try
        {
            DatasetManifest manifest = reader.ReadManifest(document.RootElement, Path.GetDirectoryName(path) ?? "");
            return (manifest, reader._faults);
        }
        catch (InvalidOperationException exception)
        {
            // Escapes such as \ud800 are found out only where text is read.
            throw new InvalidDataException(
                $"'{path}' is no valid dataset manifest: it holds text with half a character, such as \"\\ud800\".", exception);
        }
    }

    private static JsonDocument Parse(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path)
                    ? $"'{path}' is a folder; a dataset manifest is a JSON file."
                    : $"The dataset manifest '{path}' does not exist.",
                path);
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            Span<byte> start = stackalloc byte[4];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            if (OtherEncoding(start) is { } encoding)
            {
                throw new InvalidDataException(
                    $"'{path}' is encoded in {encoding}, but a dataset manifest is text in UTF-8: save it as UTF-8.");
            }

            stream.Position = 0;
            return JsonDocument.Parse(stream);
        }
        catch (JsonException exception)
        {
            // .NET appends the place to the message, counted from 0; editors count from 1.
            string what = exception.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new InvalidDataException($"'{path}' is no valid dataset manifest: line {exception.LineNumber + 1}: {what}.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"Cannot read '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>
    /// The encoding of a text that is not UTF-8, by its byte order mark, or by where the zeros of its first characters are; null for UTF-8.
    /// </summary>
    private static string? OtherEncoding(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, 0, 0] or [not 0, 0, 0, 0] or [0, 0, 0xFE, 0xFF] or [0, 0, 0, not 0] => "UTF-32",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [not 0, 0, ..] or [0, not 0, ..] => "UTF-16",
        _ => null,
    };

    private static void EnsureVersion(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("formatVersion", out JsonElement version)
            || !version.TryGetInt32(out int number))
        {
            throw new InvalidDataException(
                $"'{path}' is no dataset manifest: it must be a JSON object with \"formatVersion\": {DatasetManifest.FormatVersion}.");
        }

        if (number != DatasetManifest.FormatVersion)
        {
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{path}' is a dataset manifest of format version {number}, but this library reads version "
                    + $"{DatasetManifest.FormatVersion}{(number > DatasetManifest.FormatVersion ? ": use a newer one" : "")}."));
        }
    }

    private DatasetManifest ReadManifest(JsonElement root, string folder)
    {
        Dictionary<string, JsonElement> members = Members(
            root, "$", ["formatVersion", "name", "raters", "cases"],
            ["$schema", "description", "channels", "levels", "missingRaters", "volume"]);
        List<string> channels = Optional(members, "channels", "$", (value, at) => Names(value, at, "channel")) ?? [];
        List<string> raters = Optional(members, "raters", "$", (value, at) => Names(value, at, "rater")) ?? [];
        if (members.ContainsKey("raters") && raters.Count is 0 or > MostRaters)
        {
            Complain("$.raters", $"there must be 1 to {MostRaters} raters");
        }

        VolumeSlicing? volume = Optional(members, "volume", "$", ReadVolume);
        if (members.TryGetValue("$schema", out JsonElement schema))
        {
            Text(schema, "$['$schema']");
        }

        var manifest = new DatasetManifest
        {
            Folder = folder,
            Name = Optional(members, "name", "$", Name) ?? "",
            Description = Optional(members, "description", "$", Text),
            Channels = channels,
            Raters = raters,
            MissingRaters = Optional(members, "missingRaters", "$", (value, at) =>
                Choice(value, at, Spelling.List<MissingRaters>())),
            Volume = volume,
            Cases = ReadCases(members, channels, raters),
        };
        return Optional<int?>(members, "levels", "$", (value, at) => Whole(value, at, 1, Math.Max(1, raters.Count))) is { } levels
            ? manifest with { Levels = levels }
            : manifest;
    }

    private List<DatasetCase> ReadCases(Dictionary<string, JsonElement> members, List<string> channels, List<string> raters)
    {
        var cases = new List<DatasetCase>();
        if (!members.TryGetValue("cases", out JsonElement list) || !Expect(list, JsonValueKind.Array, "$.cases", "a list of cases"))
        {
            return cases;
        }

        var knownRaters = raters.ToHashSet(StringComparer.Ordinal);
        var seen = new Dictionary<(string Name, string? Split), int>();
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"$.cases[{index}]");
            if (ReadCase(element, at, channels, knownRaters) is { } one)
            {
                if (seen.TryAdd((one.Name, one.Split), index))
                {
                    cases.Add(one);
                }
                else
                {
                    Complain(
                        $"{at}.name",
                        $"'{one.Name}' is the name of cases[{seen[(one.Name, one.Split)]}] "
                        + $"too{(one.Split is null ? "" : $", in split '{one.Split}'")}");
                }
            }

            index++;
        }

        if (index == 0)
        {
            Complain("$.cases", "there are no cases");
        }

        return cases;
    }

    private DatasetCase? ReadCase(JsonElement element, string at, List<string> channels, HashSet<string> raters)
    {
        Dictionary<string, JsonElement> members = Members(element, at, ["name", "image"], ["masks", "split", "volume", "group"]);
        string? name = Optional(members, "name", at, ReadCaseName);
        List<string>? image = Optional(members, "image", at, (value, place) => ReadImage(value, place, channels));
        Dictionary<string, string> masks = Optional(members, "masks", at, (value, place) => ReadMasks(value, place, raters)) ?? [];
        string? split = Optional(members, "split", at, Name);
        string? group = Optional(members, "group", at, Name);
        VolumeSlicing? volume = Optional(members, "volume", at, ReadVolume);
        return name is null || image is null ? null : new DatasetCase(name, image, masks, split, volume, group);
    }

    /// <summary>Predictions are written to files that bear the name.</summary>
    private string? ReadCaseName(JsonElement value, string at)
    {
        string? name = Text(value, at);
        if (name is not null && (name is "." or ".." || name.AsSpan().ContainsAny('/', '\\') || NameText.Problem(name) is not null))
        {
            Complain(
                at,
                $"'{NameText.Printable(name)}' cannot be part of a file's name: a case's name holds no '/', '\\' or "
                + "control character, and is not '.' or '..'");
            return null;
        }

        return name;
    }

    private List<string>? ReadImage(JsonElement value, string at, List<string> channels)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return Text(value, at) is { } file ? [file] : null;
        }

        if (!Expect(value, JsonValueKind.Array, at, "a path, or a list of paths with one a channel"))
        {
            return null;
        }

        List<string> files = Texts(value, at);
        int count = value.GetArrayLength();
        if (count == 0 || (channels.Count > 0 && count != channels.Count))
        {
            Complain(at, channels.Count > 0
                ? $"there are {count} paths where there are {channels.Count} channels"
                : "there must be at least one path");
            return null;
        }

        return files.Count == count ? files : null;
    }

    private Dictionary<string, string>? ReadMasks(JsonElement value, string at, HashSet<string> raters)
    {
        if (!Expect(value, JsonValueKind.Object, at, "an object with one path a rater"))
        {
            return null;
        }

        var masks = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty mask in value.EnumerateObject())
        {
            string place = Member(at, mask.Name);
            if (!raters.Contains(mask.Name))
            {
                Complain(place, $"'{NameText.Printable(mask.Name)}' is none of the manifest's raters");
            }
            else if (Text(mask.Value, place) is { } path && !masks.TryAdd(mask.Name, path))
            {
                Complain(place, $"rater '{NameText.Printable(mask.Name)}' is given twice");
            }
        }

        return masks;
    }

    private VolumeSlicing? ReadVolume(JsonElement value, string at)
    {
        Dictionary<string, JsonElement> members = Members(value, at, [], ["axis", "slices"]);
        var slicing = new VolumeSlicing();
        return slicing with
        {
            Axis = Optional<int?>(members, "axis", at, (axis, place) => Whole(axis, place, 0, 2)),
            Slices = Optional(members, "slices", at, (slices, place) =>
                Choice(slices, place, Spelling.List<VolumeSlices>())),
        };
    }

    /// <summary>The members of an object; those that are missing, given twice or not known are complained of.</summary>
    private Dictionary<string, JsonElement> Members(JsonElement element, string at, string[] required, string[] optional)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!Expect(element, JsonValueKind.Object, at, "an object"))
        {
            return members;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!required.Contains(property.Name) && !optional.Contains(property.Name))
            {
                Complain(Member(at, property.Name), $"is not known; allowed are {string.Join(", ", required.Concat(optional))}");
            }
            else if (!members.TryAdd(property.Name, property.Value))
            {
                Complain(Member(at, property.Name), "is given twice");
            }
        }

        foreach (string name in required.Where(name => !members.ContainsKey(name)))
        {
            Complain(at, $"'{name}' is missing");
        }

        return members;
    }

    private static T? Optional<T>(Dictionary<string, JsonElement> members, string name, string at, Func<JsonElement, string, T?> read) =>
        members.TryGetValue(name, out JsonElement value) ? read(value, Member(at, name)) : default;

    private List<string> Names(JsonElement value, string at, string what)
    {
        var names = new List<string>();
        if (!Expect(value, JsonValueKind.Array, at, "a list of names"))
        {
            return names;
        }

        foreach (string name in Texts(value, at))
        {
            if (NameText.Problem(name) is { } problem)
            {
                Complain(at, $"{what} '{NameText.Printable(name)}' {problem}");
            }
            else if (names.Contains(name))
            {
                Complain(at, $"{what} '{NameText.Printable(name)}' is given twice");
            }
            else
            {
                names.Add(name);
            }
        }

        return names;
    }

    private List<string> Texts(JsonElement list, string at)
    {
        var texts = new List<string>(list.GetArrayLength());
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            if (Text(element, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]")) is { } text)
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    /// <summary>Text that reports show.</summary>
    private string? Name(JsonElement value, string at)
    {
        string? name = Text(value, at);
        if (name is not null && NameText.Problem(name) is { } problem)
        {
            Complain(at, $"'{NameText.Printable(name)}' {problem}");
            return null;
        }

        return name;
    }

    private string? Text(JsonElement value, string at)
    {
        if (!Expect(value, JsonValueKind.String, at, "text"))
        {
            return null;
        }

        string? text = value.GetString();
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            Complain(at, "must not be empty, nor hold the character 0");
            return null;
        }

        return text;
    }

    private int? Whole(JsonElement value, string at, int smallest, int largest)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= smallest && number <= largest)
        {
            return number;
        }

        Complain(at, $"must be a whole number from {smallest} to {largest}, but it is {Shown(value)}");
        return null;
    }

    private T Choice<T>(JsonElement value, string at, params (string Name, T Value)[] choices)
        where T : struct
    {
        string? given = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        int index = Array.FindIndex(choices, choice => choice.Name == given);
        if (index < 0)
        {
            Complain(at, $"must be {string.Join(" or ", choices.Select(choice => $"\"{choice.Name}\""))}, but it is {Shown(value)}");
            return default;
        }

        return choices[index].Value;
    }

    private bool Expect(JsonElement value, JsonValueKind kind, string at, string what)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        Complain(at, $"must be {what}, but it is {Shown(value)}");
        return false;
    }

    private void Complain(string at, string what) => _faults.Add(new(at, what));

    private static string Member(string at, string name) =>
        name.Length > 0 && name.All(char.IsAsciiLetterOrDigit) ? $"{at}.{name}" : $"{at}['{NameText.Printable(name)}']";

    private static string Shown(JsonElement value)
    {
        const int shown = 40;
        string text = NameText.Printable(value.GetRawText());
        return value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            _ => text.Length > shown ? $"{text[..shown]}…" : text,
        };
    }
}
