namespace Consensus.ML.Datasets;

/// <summary>The result of a check of a data set.</summary>
/// <param name="Cases">How many cases were checked.</param>
/// <param name="Problems">
/// The problems: first those of the set's description, then those of each case in order, then those between cases.
/// </param>
public sealed record DatasetCheckReport(int Cases, IReadOnlyList<DatasetProblem> Problems);
