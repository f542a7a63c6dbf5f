using Consensus.ML.Graphs;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>Turns noise into maps: one class for each <see cref="Options.SamplerKind"/>.</summary>
internal interface ISampler
{
    /// <summary>Samples.</summary>
    /// <param name="process">The process over the steps to take.</param>
    /// <param name="denoise">The network.</param>
    /// <param name="noise">Starting noise B×M×H×W; not changed.</param>
    /// <param name="source">Source of further noise, on the process's device.</param>
    /// <param name="cancellation">Ends sampling between two steps.</param>
    /// <param name="watch">Called with every step, before its tensors are disposed; null for no call.</param>
    /// <returns>x_0 in [−1, 1], B×M×H×W; owned by the surrounding dispose scope.</returns>
    Tensor Sample(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        NoiseSource source,
        CancellationToken cancellation,
        Action<SampledStep>? watch = null);

    /// <summary>Writes the same into a graph, step after step.</summary>
    /// <param name="process">The process over the steps to take.</param>
    /// <param name="denoise">The network.</param>
    /// <param name="noise">Starting noise B×M×H×W.</param>
    /// <returns>x_0 in [−1, 1], B×M×H×W.</returns>
    /// <exception cref="NotSupportedException">A graph cannot sample this way; the message says why and what can.</exception>
    GraphValue Emit(GraphProcess process, GraphDenoiser denoise, GraphValue noise);
}
