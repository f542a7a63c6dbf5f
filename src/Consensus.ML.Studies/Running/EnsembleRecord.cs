namespace Consensus.ML.Studies.Running;

/// <summary>
/// The scores of one held-out case for the networks of all seeds of a method together, as a file of the study keeps them.
/// </summary>
/// <param name="Case">The case's name.</param>
/// <param name="Seeds">The seeds.</param>
/// <param name="Scores">Scores by name (<see cref="SeedEnsembles.Measures"/>).</param>
internal sealed record EnsembleRecord(string Case, IReadOnlyList<int> Seeds, IReadOnlyDictionary<string, double> Scores);
