using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;

namespace Consensus.ML.Datasets;

/// <summary>
/// Reads a dataset manifest strictly, and goes on after a mistake. So a check of the set can name all mistakes in one run and still check
/// the cases without mistakes.
/// </summary>
internal sealed class ManifestReader
{
    private const int MostRaters = 255;

    private readonly ManifestValues _values = new();

    private ManifestReader()
    {
    }

    /// <summary>Reads the parts of a manifest that have no mistake, and lists the mistakes.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON, or its format is newer.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static (DatasetManifest Manifest, IReadOnlyList<ManifestFault> Faults) Read(string path)
    {
        using JsonDocument document = Parse(path);
        EnsureVersion(document.RootElement, path);
        var reader = new ManifestReader();
        try
        {
            DatasetManifest manifest = reader.ReadManifest(document.RootElement, Path.GetDirectoryName(path) ?? "");
            return (manifest, reader._values.Faults);
        }
        catch (InvalidOperationException exception)
        {
            // Escapes such as \ud800 fail only when the text is read.
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

    /// <summary>The encoding of a text, from its byte order mark or from the zeros in its first characters; null for UTF-8.</summary>
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
                $"'{path}' is no dataset manifest: it must be a JSON object with \"formatVersion\": 1.");
        }

        if (number is < 1 or > DatasetManifest.NewestFormatVersion)
        {
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{path}' is a dataset manifest of format version {number}, but this library reads versions 1 to "
                    + $"{DatasetManifest.NewestFormatVersion}"
                    + $"{(number > DatasetManifest.NewestFormatVersion ? ": use a newer one" : "")}."));
        }
    }

    private DatasetManifest ReadManifest(JsonElement root, string folder)
    {
        Dictionary<string, JsonElement> members = _values.ReadMembers(
            root, "$", ["formatVersion", "name", "raters", "cases"],
            ["$schema", "description", "channels", "levels", "missingRaters", "volume", "structures"]);
        List<string> structures =
            ManifestValues.ReadOptional(members, "structures", "$", (value, at) => _values.ReadNames(value, at, "structure")) ?? [];
        if (structures.Count > 0 && root.GetProperty("formatVersion").GetInt32() == 1)
        {
            _values.Complain("$.structures", "a manifest with structures has format version 2");
        }

        List<string> channels =
            ManifestValues.ReadOptional(members, "channels", "$", (value, at) => _values.ReadNames(value, at, "channel")) ?? [];
        List<string> raters =
            ManifestValues.ReadOptional(members, "raters", "$", (value, at) => _values.ReadNames(value, at, "rater")) ?? [];
        if (members.ContainsKey("raters") && raters.Count is 0 or > MostRaters)
        {
            _values.Complain("$.raters", $"there must be 1 to {MostRaters} raters");
        }

        VolumeSlicing? volume = ManifestValues.ReadOptional(members, "volume", "$", ReadVolume);
        if (members.TryGetValue("$schema", out JsonElement schema))
        {
            _values.ReadText(schema, "$['$schema']");
        }

        var manifest = new DatasetManifest
        {
            Folder = folder,
            Name = ManifestValues.ReadOptional(members, "name", "$", _values.ReadName) ?? "",
            Description = ManifestValues.ReadOptional(members, "description", "$", _values.ReadText),
            Channels = channels,
            Raters = raters,
            MissingRaters = ManifestValues.ReadOptional(members, "missingRaters", "$", (value, at) =>
                _values.ReadChoice(value, at, Spelling.List<MissingRaters>())),
            Volume = volume,
            Structures = structures,
            Cases = ReadCases(members, channels, raters, structures),
        };
        int? levels = ManifestValues.ReadOptional<int?>(
            members, "levels", "$", (value, at) => _values.ReadWhole(value, at, 1, Math.Max(1, raters.Count)));
        return levels is { } given ? manifest with { Levels = given } : manifest;
    }

    private List<DatasetCase> ReadCases(
        Dictionary<string, JsonElement> members,
        List<string> channels,
        List<string> raters,
        List<string> structures)
    {
        var cases = new List<DatasetCase>();
        if (!members.TryGetValue("cases", out JsonElement list) || !_values.Expect(list, JsonValueKind.Array, "$.cases", "a list of cases"))
        {
            return cases;
        }

        var knownRaters = raters.ToHashSet(StringComparer.Ordinal);
        var seen = new Dictionary<(string Name, string? Split), int>();
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"$.cases[{index}]");
            if (ReadCase(element, at, channels, knownRaters, structures) is { } one)
            {
                if (seen.TryAdd((one.Name, one.Split), index))
                {
                    cases.Add(one);
                }
                else
                {
                    _values.Complain(
                        $"{at}.name",
                        $"'{one.Name}' is the name of cases[{seen[(one.Name, one.Split)]}] "
                        + $"too{(one.Split is null ? "" : $", in split '{one.Split}'")}");
                }
            }

            index++;
        }

        if (index == 0)
        {
            _values.Complain("$.cases", "there are no cases");
        }

        return cases;
    }

    private DatasetCase? ReadCase(
        JsonElement element,
        string at,
        List<string> channels,
        HashSet<string> raters,
        List<string> structures)
    {
        Dictionary<string, JsonElement> members = _values.ReadMembers(
            element, at, ["name", "image"], [structures.Count == 0 ? "masks" : "structures", "split", "volume", "group"]);
        string? name = ManifestValues.ReadOptional(members, "name", at, ReadCaseName);
        List<string>? image = ManifestValues.ReadOptional(members, "image", at, (value, place) => ReadImage(value, place, channels));
        Dictionary<string, string> masks =
            ManifestValues.ReadOptional(members, "masks", at, (value, place) => ReadMasks(value, place, raters)) ?? [];
        string? split = ManifestValues.ReadOptional(members, "split", at, _values.ReadName);
        string? group = ManifestValues.ReadOptional(members, "group", at, _values.ReadName);
        VolumeSlicing? volume = ManifestValues.ReadOptional(members, "volume", at, ReadVolume);
        Dictionary<string, IReadOnlyDictionary<string, string>> drawn = ManifestValues.ReadOptional(
            members, "structures", at, (value, place) => ReadStructures(value, place, raters, structures)) ?? [];
        return name is null || image is null ? null : new DatasetCase(name, image, masks, split, volume, group) { Structures = drawn };
    }

    private Dictionary<string, IReadOnlyDictionary<string, string>>? ReadStructures(
        JsonElement value,
        string at,
        HashSet<string> raters,
        List<string> structures)
    {
        if (!_values.Expect(value, JsonValueKind.Object, at, "an object with the masks of each structure"))
        {
            return null;
        }

        var drawn = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (JsonProperty structure in value.EnumerateObject())
        {
            string place = ManifestValues.Member(at, structure.Name);
            if (!structures.Contains(structure.Name))
            {
                _values.Complain(place, $"'{NameText.Printable(structure.Name)}' is none of the manifest's structures");
            }
            else if (ReadMasks(structure.Value, place, raters) is { } masks && !drawn.TryAdd(structure.Name, masks))
            {
                _values.Complain(place, $"structure '{NameText.Printable(structure.Name)}' is given twice");
            }
        }

        return drawn;
    }

    /// <summary>Reads the name of a case. It must be usable in the names of the files that predictions are written to.</summary>
    private string? ReadCaseName(JsonElement value, string at)
    {
        string? name = _values.ReadText(value, at);
        if (name is not null && (name is "." or ".." || name.AsSpan().ContainsAny('/', '\\') || NameText.Problem(name) is not null))
        {
            _values.Complain(
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
            return _values.ReadText(value, at) is { } file ? [file] : null;
        }

        if (!_values.Expect(value, JsonValueKind.Array, at, "a path, or a list of paths with one a channel"))
        {
            return null;
        }

        List<string> files = _values.ReadTexts(value, at);
        int count = value.GetArrayLength();
        if (count == 0 || (channels.Count > 0 && count != channels.Count))
        {
            _values.Complain(at, channels.Count > 0
                ? $"there are {count} paths where there are {channels.Count} channels"
                : "there must be at least one path");
            return null;
        }

        return files.Count == count ? files : null;
    }

    private Dictionary<string, string>? ReadMasks(JsonElement value, string at, HashSet<string> raters)
    {
        if (!_values.Expect(value, JsonValueKind.Object, at, "an object with one path a rater"))
        {
            return null;
        }

        var masks = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty mask in value.EnumerateObject())
        {
            string place = ManifestValues.Member(at, mask.Name);
            if (!raters.Contains(mask.Name))
            {
                _values.Complain(place, $"'{NameText.Printable(mask.Name)}' is none of the manifest's raters");
            }
            else if (_values.ReadText(mask.Value, place) is { } path && !masks.TryAdd(mask.Name, path))
            {
                _values.Complain(place, $"rater '{NameText.Printable(mask.Name)}' is given twice");
            }
        }

        return masks;
    }

    private VolumeSlicing? ReadVolume(JsonElement value, string at)
    {
        Dictionary<string, JsonElement> members = _values.ReadMembers(value, at, [], ["axis", "slices"]);
        var slicing = new VolumeSlicing();
        return slicing with
        {
            Axis = ManifestValues.ReadOptional<int?>(members, "axis", at, (axis, place) => _values.ReadWhole(axis, place, 0, 2)),
            Slices = ManifestValues.ReadOptional(members, "slices", at, (slices, place) =>
                _values.ReadChoice(slices, place, Spelling.List<VolumeSlices>())),
        };
    }
}
