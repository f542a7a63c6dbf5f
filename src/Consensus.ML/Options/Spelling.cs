using System.Globalization;
using System.Text.Json;

namespace Consensus.ML.Options;

/// <summary>
/// Spells values of enumerations in model files, data set manifests and on the command line: any-annotator, x-start, bfloat16.
/// </summary>
public static class Spelling
{
    /// <summary>The spelling as a JSON naming policy.</summary>
    internal static JsonNamingPolicy Policy { get; } = new KebabCase();

    /// <summary>A value as text.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <param name="value">One of its values.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a value of the enumeration.</exception>
    public static string Write<T>(T value)
        where T : struct, Enum =>
        Enum.GetName(value) is { } name
            ? Policy.ConvertName(name)
            : throw new ArgumentOutOfRangeException(nameof(value), value, string.Create(
                CultureInfo.InvariantCulture, $"{value} is not a value of {typeof(T).Name}."));

    /// <summary>Every value of an enumeration with its spelling, in the order of the values.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    public static (string Text, T Value)[] List<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => (Write(value), value))];

    private sealed class KebabCase : JsonNamingPolicy
    {
        // The general rule would give b-float16 and adam-w.
        public override string ConvertName(string name) =>
            name is nameof(Precision.BFloat16) or nameof(OptimizerKind.AdamW) ? name.ToLowerInvariant() : KebabCaseLower.ConvertName(name);
    }
}
