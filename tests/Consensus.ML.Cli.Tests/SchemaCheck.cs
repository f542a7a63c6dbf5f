using System.Text.Json.Nodes;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// Checks a document against the part of JSON Schema 2020-12 that our schemas use. A keyword it does not know is an error, so that none is
/// passed over in silence.
/// </summary>
internal sealed class SchemaCheck(JsonNode schema)
{
    private readonly List<string> _problems = [];

    public static IReadOnlyList<string> Problems(string schemaFile, JsonNode document)
    {
        var check = new SchemaCheck(JsonNode.Parse(File.ReadAllText(schemaFile))!);
        check.Check(check.Root, document, "$");
        return check._problems;
    }

    private JsonObject Root { get; } = schema.AsObject();

    private void Check(JsonObject rule, JsonNode? value, string at)
    {
        foreach ((string keyword, JsonNode? wanted) in rule)
        {
            bool holds = keyword switch
            {
                "$schema" or "$id" or "$defs" or "title" or "description" => true,
                "$ref" => Follow((string)wanted!, value, at),
                "type" => (wanted is JsonArray types ? types.Select(type => (string)type!) : [(string)wanted!]).Any(type => IsOf(type, value)),
                "const" => JsonNode.DeepEquals(wanted, value),
                "enum" => wanted!.AsArray().Any(one => JsonNode.DeepEquals(one, value)),
                "minimum" => value is null || (double)value >= (double)wanted!,
                "maximum" => value is null || (double)value <= (double)wanted!,
                "minItems" => value!.AsArray().Count >= (int)wanted!,
                "maxItems" => value!.AsArray().Count <= (int)wanted!,
                "required" => wanted!.AsArray().All(name => value!.AsObject().ContainsKey((string)name!)),
                "additionalProperties" => !(bool)wanted! && value!.AsObject().All(member => rule["properties"]!.AsObject().ContainsKey(member.Key)),
                "properties" => CheckMembers(wanted!.AsObject(), value!.AsObject(), at),
                "items" => CheckItems(wanted!.AsObject(), value!.AsArray(), at),
                _ => throw new NotSupportedException($"The schema uses '{keyword}', which this check does not know."),
            };
            if (!holds)
            {
                _problems.Add($"{at}: {keyword} {wanted?.ToJsonString()} does not hold for {value?.ToJsonString() ?? "null"}");
            }
        }
    }

    private bool Follow(string reference, JsonNode? value, string at)
    {
        Check(Root["$defs"]![reference["#/$defs/".Length..]]!.AsObject(), value, at);
        return true;
    }

    private bool CheckMembers(JsonObject rules, JsonObject value, string at)
    {
        foreach ((string name, JsonNode? member) in value)
        {
            if (rules[name] is JsonObject rule)
            {
                Check(rule, member, $"{at}.{name}");
            }
        }

        return true;
    }

    private bool CheckItems(JsonObject rule, JsonArray items, string at)
    {
        for (int i = 0; i < items.Count; i++)
        {
            Check(rule, items[i], $"{at}[{i}]");
        }

        return true;
    }

    private static bool IsOf(string type, JsonNode? value) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.String,
        "boolean" => value is JsonValue && value.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "number" => value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.Number,
        "integer" => value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.Number && (double)value == Math.Floor((double)value),
        _ => throw new NotSupportedException($"The schema uses the type '{type}', which this check does not know."),
    };
}
