using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Segmentation.Models;

/// <summary>Versions of the libraries that wrote a model.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1720", Justification = "Named as the packages are.")]
internal sealed record ManifestLibraries(
    [property: JsonPropertyName("Consensus.ML")] string Consensus,
    [property: JsonPropertyName("Microsoft.ML")] string Microsoft,
    [property: JsonPropertyName("TorchSharp")] string TorchSharp)
{
    public static ManifestLibraries Current { get; } = new(
        Version(typeof(ModelManifest)), Version(typeof(MLContext)), Version(typeof(torch)));

    private static string Version(Type type)
    {
        Assembly assembly = type.Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version?.ToString()
            ?? "unknown";

        // The commit after '+' says nothing to the user of a model.
        return version.Split('+')[0];
    }
}
