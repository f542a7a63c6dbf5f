using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>The usable cases of a data set, and warnings about the others.</summary>
/// <param name="Cases">The usable cases, in numeric order of their names, or in the order of their manifest; at least one.</param>
/// <param name="Warnings">
/// One line for each case or file that was left out, with the reason. Also one line for each case that was kept although its number of
/// raters differs from that of the task.
/// </param>
public sealed record CaseListing(IReadOnlyList<RaterCase> Cases, IReadOnlyList<string> Warnings);
