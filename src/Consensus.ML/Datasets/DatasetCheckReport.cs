using Consensus.Imaging.Metrics;

namespace Consensus.ML.Datasets;

/// <summary>The result of a check of a data set.</summary>
/// <param name="Cases">How many cases were checked.</param>
/// <param name="Problems">
/// The problems: first those of the set's description, then those of each case in order, then those between cases.
/// </param>
public sealed record DatasetCheckReport(int Cases, IReadOnlyList<DatasetProblem> Problems)
{
    /// <summary>
    /// What resizing to each of the usual sizes leaves (<see cref="ResizingCeiling.UsualSizes"/>), the smallest size first: means over the
    /// cases whose masks could all be read. Empty if there is no such case.
    /// </summary>
    public IReadOnlyList<ResizingCeiling> Ceilings { get; init; } = [];
}
