namespace Consensus.ML.Training;

/// <summary>One training sample in memory, at the model's resolution.</summary>
/// <param name="Name">The case, for messages.</param>
/// <param name="Features">Normalised image, C×H×W.</param>
/// <param name="Masks">0 or 1, raters×H×W.</param>
internal sealed record TrainingCase(string Name, float[] Features, byte[] Masks);
