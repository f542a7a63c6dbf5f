using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>A part of a data set, for <see cref="DatasetCheck"/>.</summary>
/// <param name="Name">The split's name; null where the set is not split.</param>
/// <param name="Cases">The cases of the split. They are enumerated once.</param>
public sealed record DatasetSplit(string? Name, IEnumerable<RaterCase> Cases);
