using System.Globalization;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Records;

/// <summary>Says in words what differs between two manifests.</summary>
internal static class ManifestDifferences
{
    private const int Most = 3;

    /// <summary>The differences in one line; null for none.</summary>
    /// <param name="here">The manifest of this process.</param>
    /// <param name="there">The manifest in the folder.</param>
    public static string? Describe<TSettings>(RecordManifest<TSettings> here, RecordManifest<TSettings> there)
        where TSettings : IRecordSettings
    {
        List<string> found =
        [
            .. OptionValues.Differences(WithoutFiles(here), WithoutFiles(there)),
        ];
        if (here.ModelSha256 != there.ModelSha256)
        {
            found.Insert(0, $"the model is another file (SHA-256 {there.ModelSha256[..12]}… there and {here.ModelSha256[..12]}… here)");
        }

        found.AddRange(OfCases(here.Cases, there.Cases));
        return found.Count switch
        {
            0 => null,
            <= Most => string.Join("; ", found),
            _ => $"{string.Join("; ", found.Take(Most))}; and {found.Count - Most} more",
        };
    }

    /// <summary>Everything in a manifest but its files.</summary>
    private static Dictionary<string, string> WithoutFiles<TSettings>(RecordManifest<TSettings> manifest)
        where TSettings : IRecordSettings => RecordJson.Flatten(manifest with { ModelSha256 = "", Cases = [] });

    private static IEnumerable<string> OfCases(IReadOnlyList<ManifestCase> here, IReadOnlyList<ManifestCase> there)
    {
        if (here.Count != there.Count)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"there are {there.Count} cases there and {here.Count} here");
        }

        for (int i = 0; i < Math.Min(here.Count, there.Count); i++)
        {
            (ManifestCase one, ManifestCase other) = (here[i], there[i]);
            string name = string.Create(CultureInfo.InvariantCulture, $"case {i} '{one.Name}'");
            if (one.Name != other.Name)
            {
                yield return $"{name} is '{other.Name}' there";
                continue;
            }

            if (one.Group != other.Group)
            {
                yield return $"{name} is of group {Quoted(other.Group)} there and of group {Quoted(one.Group)} here";
            }

            foreach (string what in OfFiles("image", one.Images, other.Images).Concat(OfFiles("mask", one.Masks, other.Masks)))
            {
                yield return $"{name} has {what}";
            }

            if (!one.Raters.SequenceEqual(other.Raters, StringComparer.Ordinal))
            {
                yield return $"{name} was drawn by {Named(other.Raters)} there and by {Named(one.Raters)} here";
            }
        }
    }

    private static IEnumerable<string> OfFiles(string what, IReadOnlyList<string> here, IReadOnlyList<string> there)
    {
        if (here.Count != there.Count)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{there.Count} {what}s there and {here.Count} here");
            yield break;
        }

        for (int i = 0; i < here.Count; i++)
        {
            if (here[i] != there[i])
            {
                yield return here.Count == 1
                    ? $"another {what} there than here"
                    : string.Create(CultureInfo.InvariantCulture, $"another {what} {i + 1} there than here");
            }
        }
    }

    private static string Named(IReadOnlyList<string> raters) => raters.Count == 0 ? "unnamed raters" : string.Join(", ", raters);

    private static string Quoted(string? group) => group is null ? "of its own" : $"'{group}'";
}
