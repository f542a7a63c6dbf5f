using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The samples of one step of a one-pass network: B images and their targets.</summary>
/// <param name="Images">B×C×H×W, normalised and augmented.</param>
/// <param name="Targets">B×targets×H×W in [0, 1].</param>
/// <param name="Present">B×targets: 1 if there is a target, 0 if a rater has not drawn the case; null if all targets are there.</param>
/// <param name="Inputs">B×n: numbers that the network gets beside the image (<see cref="OnePassTarget.Inputs"/>); null for none.</param>
internal sealed record UNetBatch(Tensor Images, Tensor Targets, Tensor? Present, Tensor? Inputs = null)
{
    /// <summary>Some of its images: views, owned by the surrounding dispose scope.</summary>
    public UNetBatch Slice(long first, long count) =>
        new(
            Images.narrow(0, first, count), Targets.narrow(0, first, count), Present?.narrow(0, first, count),
            Inputs?.narrow(0, first, count));
}
