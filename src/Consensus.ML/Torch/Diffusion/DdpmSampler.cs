using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>Ancestral sampling (Ho et al. 2020, Algorithm 2).</summary>
internal sealed class DdpmSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(DiffusionProcess process, Denoiser denoise, Tensor noise, Generator generator, CancellationToken cancellation) =>
        SamplerLoop.Run(process, denoise, noise, (prediction, _, steps, step) =>
        {
            // The last step uses no noise, so none is drawn.
            Tensor fresh = step == 0
                ? zeros_like(prediction.Mean)
                : randn(prediction.Mean.shape, device: noise.device, generator: generator);
            return DiffusionProcess.DdpmPrevious(prediction, steps, fresh);
        }, cancellation);
}
