using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>
/// A case of a <see cref="DatasetManifest"/>. Paths are relative to the manifest's folder, or absolute; they may be addresses of slices.
/// </summary>
/// <param name="Name">The case's name. It is unique within the split, and it can be part of a file's name.</param>
/// <param name="Image">The image: one file with all channels, or one file for each channel in the order of the channels.</param>
/// <param name="Masks">The mask of each rater by the rater's name; a rater who did not draw the case is not in it.</param>
/// <param name="Split">The part of the set that the case belongs to, for example <c>train</c>; null where the set is not split.</param>
/// <param name="Volume">
/// Says that the case's files are volumes, and how to cut them; null for the manifest's own <see cref="DatasetManifest.Volume"/>.
/// </param>
/// <param name="Group">
/// The group that the case belongs to, such as a patient (<see cref="RaterCase.Group"/>); null where the case is a group by itself. The
/// slices of a volume then share a group.
/// </param>
public sealed record DatasetCase(
    string Name,
    IReadOnlyList<string> Image,
    IReadOnlyDictionary<string, string> Masks,
    string? Split = null,
    VolumeSlicing? Volume = null,
    string? Group = null)
{
    /// <summary>
    /// The masks of each structure, by the name of the structure and then of the rater, where the set has several
    /// (<see cref="DatasetManifest.Structures"/>). A structure that nobody drew on the case is not in it. Default empty.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Structures { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();
}
