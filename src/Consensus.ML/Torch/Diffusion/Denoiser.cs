using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>The network as a sampler sees it.</summary>
/// <param name="current">x_t, B×M×H×W for M maps a pass.</param>
/// <param name="times">t for each sample, B int64.</param>
/// <returns>The network's output, B×M×H×W, or B×2M×H×W where it predicts the variance.</returns>
internal delegate Tensor Denoiser(Tensor current, Tensor times);
