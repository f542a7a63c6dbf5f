using Consensus.ML.Diffusion;
using TorchSharp;

namespace Consensus.ML.Training;

/// <summary>What a model says of one slice.</summary>
/// <param name="SoftMap">H×W in [0, 1]: predicted share of raters.</param>
/// <param name="ConsensusMaps">C×H×W in [0, 1]: each level, mean over generations.</param>
/// <param name="Uncertainty">H×W, at least 0: standard deviation of the soft map over generations.</param>
internal sealed record ConsensusPrediction(float[] SoftMap, float[] ConsensusMaps, float[] Uncertainty);

/// <summary>A network with its diffusion process: predicts, and reads and writes weights. Safe for several threads at once.</summary>
internal sealed class ConsensusModel : IDisposable
{
    /// <summary>All that fixes the weights' names and shapes.</summary>
    public required ModelDescription Description { get; init; }

    /// <summary>A model with seeded initial weights.</summary>
    public static ConsensusModel Create(ModelDescription description, torch.Device device, int seed) => throw new NotImplementedException();

    /// <summary>A model with the weights of a safetensors file in the published checkpoint format.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its names or shapes are not the description's; the message says which.</exception>
    public static ConsensusModel Load(ModelDescription description, ReadOnlyMemory<byte> safetensors, torch.Device device) => throw new NotImplementedException();

    /// <summary>The weights as a safetensors file in the published checkpoint format.</summary>
    public byte[] SaveWeights() => throw new NotImplementedException();

    /// <summary>Samples the maps of one slice.</summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seed">Seed of the noise of this slice.</param>
    public ConsensusPrediction Predict(ReadOnlySpan<float> features, SamplingOptions sampling, ulong seed) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
