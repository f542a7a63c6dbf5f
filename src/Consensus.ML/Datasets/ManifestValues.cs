using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Datasets;

/// <summary>
/// Reads values from the JSON of a manifest and notes each mistake with its place. A value with a mistake is left out, and reading
/// goes on.
/// </summary>
internal sealed class ManifestValues
{
    private readonly List<ManifestFault> _faults = [];

    /// <summary>The mistakes that were found, in the order in which the values were read.</summary>
    public IReadOnlyList<ManifestFault> Faults => _faults;

    /// <summary>Reads the members of an object. A member that is missing, given twice or not known is a mistake.</summary>
    public Dictionary<string, JsonElement> ReadMembers(JsonElement element, string at, string[] required, string[] optional)
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

    public static T? ReadOptional<T>(Dictionary<string, JsonElement> members, string name, string at, Func<JsonElement, string, T?> read) =>
        members.TryGetValue(name, out JsonElement value) ? read(value, Member(at, name)) : default;

    public List<string> ReadNames(JsonElement value, string at, string what)
    {
        var names = new List<string>();
        if (!Expect(value, JsonValueKind.Array, at, "a list of names"))
        {
            return names;
        }

        foreach (string name in ReadTexts(value, at))
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

    public List<string> ReadTexts(JsonElement list, string at)
    {
        var texts = new List<string>(list.GetArrayLength());
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            if (ReadText(element, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]")) is { } text)
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    /// <summary>Reads a name that reports show: text that holds no control character and no half character.</summary>
    public string? ReadName(JsonElement value, string at)
    {
        string? name = ReadText(value, at);
        if (name is not null && NameText.Problem(name) is { } problem)
        {
            Complain(at, $"'{NameText.Printable(name)}' {problem}");
            return null;
        }

        return name;
    }

    public string? ReadText(JsonElement value, string at)
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

    public int? ReadWhole(JsonElement value, string at, int smallest, int largest)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= smallest && number <= largest)
        {
            return number;
        }

        Complain(at, $"must be a whole number from {smallest} to {largest}, but it is {Shown(value)}");
        return null;
    }

    public T ReadChoice<T>(JsonElement value, string at, params (string Name, T Value)[] choices)
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

    /// <summary>Whether a value has the expected kind; notes a mistake where it has not.</summary>
    public bool Expect(JsonElement value, JsonValueKind kind, string at, string what)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        Complain(at, $"must be {what}, but it is {Shown(value)}");
        return false;
    }

    /// <summary>Notes a mistake.</summary>
    /// <param name="at">Its place: a JSON path.</param>
    /// <param name="what">What is wrong, and what is allowed.</param>
    public void Complain(string at, string what) => _faults.Add(new(at, what));

    /// <summary>The JSON path of a member of the object at a path.</summary>
    public static string Member(string at, string name) =>
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
