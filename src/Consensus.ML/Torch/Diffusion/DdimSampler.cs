using Consensus.ML.Graphs;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>Deterministic sampling with η = 0 (Song et al. 2021).</summary>
internal sealed class DdimSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        NoiseSource source,
        CancellationToken cancellation,
        Action<SampledStep>? watch = null) =>
        SamplerLoop.Run(
            process, denoise, noise, (prediction, current, steps, _) => process.DdimPrevious(prediction, current, steps), watch,
            cancellation);

    /// <inheritdoc/>
    public GraphValue Emit(GraphProcess process, GraphDenoiser denoise, GraphValue noise) =>
        process.Run(denoise, noise, process.DdimPrevious);
}
