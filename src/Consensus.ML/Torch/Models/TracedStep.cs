namespace Consensus.ML.Torch.Models;

/// <summary>One step of one generation.</summary>
/// <param name="Time">The time t that the network received, falling from T − 1 to 0.</param>
/// <param name="Current">x_t of each level, C×H×W: noise at first.</param>
/// <param name="Start">The x_0 that the network predicts from it, C×H×W in [−1, 1].</param>
internal sealed record TracedStep(int Time, float[] Current, float[] Start);
