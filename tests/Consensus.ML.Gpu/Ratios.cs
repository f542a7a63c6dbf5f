using System.Text.Json.Nodes;

namespace Consensus.ML.Gpu;

/// <summary>Our times divided by those of the published network in the machine's PyTorch; below 1 is faster.</summary>
public static class Ratios
{
    // Our configuration and format, and the way of PyTorch that computes the same.
    private static readonly (string Ours, string Format, string Reference, string Way)[] Pairs =
    [
        .. from name in (string[])["s64-l64", "paper", "paper-kept"]
           from pair in ((string Format, string Way)[])
           [
               ("float32", "eager"), ("float32", "eager, TF32"), ("bfloat16", "bfloat16 autocast"), ("bfloat16", "compiled"),
           ]
           select (name, pair.Format, name == "s64-l64" ? name : "paper", pair.Way),
    ];

    /// <summary>Every ratio whose two numbers are there, as "paper bfloat16 / compiled": { sampling, training }.</summary>
    /// <param name="parts">The outcomes of the parts: bench-NAME and reference-NAME.</param>
    public static JsonObject Of(JsonObject parts)
    {
        var ratios = new JsonObject();
        foreach ((string ours, string format, string reference, string way) in Pairs)
        {
            JsonNode? mine = parts[$"bench-{ours}"]?["result"]?[format], theirs = parts[$"reference-{reference}"]?["result"]?[way];
            var ratio = new JsonObject();
            Add(ratio, "sampling", Number(mine, "unetMs"), Number(theirs, "passMs"));
            Add(ratio, "training", Number(mine, "trainingStepMs"), Number(theirs, "trainingStepMs"));
            if (ratio.Count > 0)
            {
                ratios[$"{ours} {format} / {way}"] = ratio;
            }
        }

        return ratios;
    }

    private static void Add(JsonObject ratio, string name, double? mine, double? theirs)
    {
        if (mine is double value && theirs is double other && other > 0)
        {
            ratio[name] = Math.Round(value / other, 4);
        }
    }

    private static double? Number(JsonNode? node, string name) =>
        node is JsonObject numbers && numbers[name] is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
