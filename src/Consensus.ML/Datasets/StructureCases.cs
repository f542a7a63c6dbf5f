using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>
/// The cases of one of several structures: images with the masks that raters drew of it. The other structures are drawn on the same images,
/// by the same or other raters; a case is known by its name and its images.
/// </summary>
/// <param name="Name">The name of the structure, such as the name of a task. Columns are called by it.</param>
/// <param name="Cases">The cases on which the structure was drawn.</param>
public sealed record StructureCases(string Name, IReadOnlyList<RaterCase> Cases);
