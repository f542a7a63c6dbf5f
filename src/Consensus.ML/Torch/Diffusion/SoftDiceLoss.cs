using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// The soft Dice loss, in the form that suits soft maps too: 1 − (Σp + Σq − Σ|p − q| + 1) / (Σp + Σq + 1), the Dice semimetric loss (Wang
/// et al., "Dice Semimetric Losses: Optimizing the Dice Score with Soft Labels", MICCAI 2023). Where q is 0 or 1, the numerator is
/// 2Σpq + 1, as usual. Where q is a share of raters, the usual form is least for a p that lies further from one half than q.
/// </summary>
internal static class SoftDiceLoss
{
    /// <summary>The loss of each map, 0 to 1, B×maps; owned by the surrounding dispose scope.</summary>
    /// <param name="share">p, B×maps×pixels in [0, 1].</param>
    /// <param name="truth">q, of the same shape.</param>
    public static Tensor Of(Tensor share, Tensor truth)
    {
        using var scope = NewDisposeScope();
        Tensor sum = share.sum(2).Plus(truth.sum(2));
        Tensor overlap = sum - (share - truth).abs().sum(2);
        return (overlap.Plus(1) / sum.Plus(1)).SubtractedFrom(1).MoveToOuterDisposeScope();
    }
}
