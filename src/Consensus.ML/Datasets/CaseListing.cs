using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>What was found of a data set.</summary>
/// <param name="Cases">The usable cases, in numeric order of their names, or in the order of their manifest; at least one.</param>
/// <param name="Warnings">
/// One line for each case or file that was left out, with the reason, and for each case that was kept though it has another number
/// of raters than the task.
/// </param>
public sealed record CaseListing(IReadOnlyList<RaterCase> Cases, IReadOnlyList<string> Warnings);
