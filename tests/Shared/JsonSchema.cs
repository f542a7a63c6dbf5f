using System.Text.Json;
using System.Text.RegularExpressions;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// Validates JSON against the part of JSON Schema 2020-12 that our schemas use. An unknown keyword is an error; it is not skipped.
/// </summary>
internal sealed class JsonSchema(JsonElement root)
{
    public static JsonSchema Read(string path) => new(JsonDocument.Parse(File.ReadAllText(path)).RootElement);

    /// <summary>Every violation, each with the place in the document.</summary>
    public IReadOnlyList<string> Violations(JsonElement document)
    {
        var violations = new List<string>();
        Validate(root, document, "$", violations);
        return violations;
    }

    private void Validate(JsonElement schema, JsonElement value, string at, List<string> violations)
    {
        if (schema.ValueKind == JsonValueKind.False)
        {
            violations.Add($"{at} is not allowed");
            return;
        }

        if (schema.ValueKind == JsonValueKind.True)
        {
            return;
        }

        void Expect(bool holds, string what)
        {
            if (!holds)
            {
                violations.Add($"{at}: {what}, but it is {value.GetRawText()}");
            }
        }

        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            JsonElement rule = keyword.Value;
            switch (keyword.Name)
            {
                case "$schema" or "$id" or "$defs" or "title" or "description" or "default" or "examples":
                    break;
                case "$ref":
                    Validate(Resolve(rule.GetString()!), value, at, violations);
                    break;
                case "type":
                    string[] types = rule.ValueKind == JsonValueKind.Array
                        ? [.. rule.EnumerateArray().Select(type => type.GetString()!)]
                        : [rule.GetString()!];
                    Expect(types.Any(type => IsOfType(value, type)), $"must be {string.Join(" or ", types)}");
                    break;
                case "const":
                    Expect(JsonElement.DeepEquals(value, rule), $"must be {rule.GetRawText()}");
                    break;
                case "enum":
                    Expect(
                        rule.EnumerateArray().Any(allowed => JsonElement.DeepEquals(value, allowed)),
                        $"must be one of {rule.GetRawText()}");
                    break;
                case "minimum":
                    Expect(
                        value.ValueKind != JsonValueKind.Number || value.GetDouble() >= rule.GetDouble(),
                        $"must be at least {rule.GetRawText()}");
                    break;
                case "maximum":
                    Expect(
                        value.ValueKind != JsonValueKind.Number || value.GetDouble() <= rule.GetDouble(),
                        $"must be at most {rule.GetRawText()}");
                    break;
                case "exclusiveMinimum":
                    Expect(
                        value.ValueKind != JsonValueKind.Number || value.GetDouble() > rule.GetDouble(),
                        $"must be above {rule.GetRawText()}");
                    break;
                case "exclusiveMaximum":
                    Expect(
                        value.ValueKind != JsonValueKind.Number || value.GetDouble() < rule.GetDouble(),
                        $"must be below {rule.GetRawText()}");
                    break;
                case "multipleOf":
                    Expect(
                        value.ValueKind != JsonValueKind.Number || value.GetDouble() % rule.GetDouble() == 0,
                        $"must be a multiple of {rule.GetRawText()}");
                    break;
                case "minLength":
                    Expect(
                        value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= rule.GetInt32(),
                        $"must have at least {rule.GetRawText()} characters");
                    break;
                case "pattern":
                    Expect(
                        value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.GetString()!),
                        $"must match {rule.GetRawText()}");
                    break;
                case "minItems":
                    Expect(
                        value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= rule.GetInt32(),
                        $"must have at least {rule.GetRawText()} items");
                    break;
                case "maxItems":
                    Expect(
                        value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= rule.GetInt32(),
                        $"must have at most {rule.GetRawText()} items");
                    break;
                case "items":
                    if (value.ValueKind == JsonValueKind.Array)
                    {
                        int index = 0;
                        foreach (JsonElement item in value.EnumerateArray())
                        {
                            Validate(rule, item, $"{at}[{index++}]", violations);
                        }
                    }

                    break;
                case "anyOf":
                    Expect(rule.EnumerateArray().Any(option => IsValid(option, value)), $"must match one of {rule.GetRawText()}");
                    break;
                case "required":
                    foreach (JsonElement name in rule.EnumerateArray())
                    {
                        Expect(
                            value.ValueKind != JsonValueKind.Object || value.TryGetProperty(name.GetString()!, out _),
                            $"must have '{name.GetString()}'");
                    }

                    break;
                case "properties":
                    if (value.ValueKind == JsonValueKind.Object)
                    {
                        foreach (JsonProperty property in value.EnumerateObject())
                        {
                            if (rule.TryGetProperty(property.Name, out JsonElement inner))
                            {
                                Validate(inner, property.Value, $"{at}.{property.Name}", violations);
                            }
                        }
                    }

                    break;
                case "additionalProperties":
                    if (value.ValueKind == JsonValueKind.Object)
                    {
                        foreach (JsonProperty property in value.EnumerateObject())
                        {
                            if (!schema.GetProperty("properties").TryGetProperty(property.Name, out _))
                            {
                                Validate(rule, property.Value, $"{at}.{property.Name}", violations);
                            }
                        }
                    }

                    break;
                default:
                    throw new NotSupportedException(
                        $"The schema uses the keyword '{keyword.Name}', which the tests' validator does not know.");
            }
        }
    }

    private bool IsValid(JsonElement schema, JsonElement value)
    {
        var violations = new List<string>();
        Validate(schema, value, "", violations);
        return violations.Count == 0;
    }

    private JsonElement Resolve(string reference)
    {
        JsonElement element = root;
        foreach (string part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            element = element.GetProperty(part);
        }

        return element;
    }

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => throw new NotSupportedException($"The schema names the unknown type '{type}'."),
    };
}
