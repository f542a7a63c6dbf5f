using Consensus.ML.Graphs;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>Ancestral sampling (Ho et al. 2020, Algorithm 2).</summary>
internal sealed class DdpmSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        NoiseSource source,
        CancellationToken cancellation,
        Action<SampledStep>? watch = null) =>
        SamplerLoop.Run(process, denoise, noise, (prediction, _, steps, step) =>
        {
            // The last step uses no noise, so none is drawn.
            Tensor fresh = step == 0
                ? zeros_like(prediction.Mean)
                : source.Draw(prediction.Mean.shape, noise.device);
            return DiffusionProcess.DdpmPrevious(prediction, steps, fresh);
        }, watch, cancellation);

    /// <inheritdoc/>
    public GraphValue Emit(GraphProcess process, GraphDenoiser denoise, GraphValue noise) => throw new NotSupportedException(
        "The sampler Ddpm draws new noise at each of its steps, and a graph has the noise of the first step alone: "
        + "choose the sampler Ddim or DpmSolver, with few steps (WithSampling).");
}
