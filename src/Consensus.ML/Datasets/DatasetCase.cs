using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>
/// A case of a <see cref="DatasetManifest"/>. Paths are relative to the manifest's folder, or absolute; they may be addresses of slices.
/// </summary>
/// <param name="Name">The case's name: within its split no other has it, and it can be part of a file's name.</param>
/// <param name="Image">The image: one file with all channels, or one file a channel in the order of the channels.</param>
/// <param name="Masks">The mask of each rater by the rater's name; a rater who did not draw the case is not in it.</param>
/// <param name="Split">The part of the set that the case belongs to, for example <c>train</c>; null where the set is not split.</param>
/// <param name="Volume">
/// How to cut the case's files, which are volumes then; null for the manifest's own <see cref="DatasetManifest.Volume"/>.
/// </param>
/// <param name="Group">
/// What the case belongs to, such as a patient (<see cref="RaterCase.Group"/>); null for a group of its own, which the
/// slices of a volume share.
/// </param>
public sealed record DatasetCase(
    string Name,
    IReadOnlyList<string> Image,
    IReadOnlyDictionary<string, string> Masks,
    string? Split = null,
    VolumeSlicing? Volume = null,
    string? Group = null);
