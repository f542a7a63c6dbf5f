using System.Diagnostics.CodeAnalysis;

namespace Consensus.ML.Segmentation;

/// <summary>One step of sampling a slice's maps by diffusion (<see cref="ConsensusSegmentationTransformer.TraceSampling"/>).</summary>
/// <param name="Time">The time t of the diffusion process, which falls to 0.</param>
/// <param name="NoisyMaps">
/// The maps that the network sees, maps × height × width: pure noise in the first step. They are scaled so that a map without noise lies
/// in [0, 1].
/// </param>
/// <param name="PredictedMaps">The maps without noise that the network predicts from these, maps × height × width in [0, 1].</param>
[Experimental("CONSENSUS001")]
public sealed record SamplingStep(int Time, float[] NoisyMaps, float[] PredictedMaps);
