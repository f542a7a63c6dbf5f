namespace Consensus.ML.Evaluation;

/// <summary>Cases that a mean leaves out for one reason.</summary>
/// <param name="Reason">The reason as text for people, such as "one of the two maps is empty".</param>
/// <param name="Cases">The number of these cases, at least 1.</param>
public sealed record LeftOutCases(string Reason, int Cases);
