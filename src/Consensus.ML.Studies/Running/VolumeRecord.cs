namespace Consensus.ML.Studies.Running;

/// <summary>The scores of one model on a volume: the pixels of all its slices count together (METHOD.md, "Over volumes").</summary>
/// <param name="Volume">The volume's name.</param>
/// <param name="Slices">How many slices were scored, each a case of its own too.</param>
/// <param name="Scores">Every score by name, as in <see cref="CaseRecord"/>; NaN for those that are of single slices.</param>
internal sealed record VolumeRecord(string Volume, int Slices, IReadOnlyDictionary<string, double> Scores);
