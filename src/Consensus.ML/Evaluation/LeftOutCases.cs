namespace Consensus.ML.Evaluation;

/// <summary>Cases that a mean leaves out for one reason.</summary>
/// <param name="Reason">What such a case has or lacks, for people: "one of the two maps is empty".</param>
/// <param name="Cases">How many there are, at least 1.</param>
public sealed record LeftOutCases(string Reason, int Cases);
