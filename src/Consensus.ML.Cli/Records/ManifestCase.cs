namespace Consensus.ML.Cli.Records;

/// <summary>A case of a manifest. Its files are known by their content, so they may lie elsewhere on another machine.</summary>
/// <param name="Name">The name.</param>
/// <param name="Group">What it belongs to, such as a patient; null where the case is a group by itself.</param>
/// <param name="Images">The SHA-256 of each file of the image; of a slice, of its volume, followed by the axis and the number.</param>
/// <param name="Masks">The same for each rater's mask.</param>
/// <param name="Raters">Who drew each mask, of several structures with the structure's name before; empty where that is not known.</param>
internal sealed record ManifestCase(
    string Name, string? Group, IReadOnlyList<string> Images, IReadOnlyList<string> Masks, IReadOnlyList<string> Raters);
