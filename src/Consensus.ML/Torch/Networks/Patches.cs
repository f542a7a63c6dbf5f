using Consensus.ML.Options;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// Square patches of pixels as channels, and back (space to depth): the implementation of <see cref="NetworkOptions.PatchSize"/>.
/// </summary>
internal static class Patches
{
    /// <summary>
    /// B×C×H×W to B×(C·patch²)×H/patch×W/patch, the patch² pixels of a channel one after another, row by row; owned by the
    /// surrounding dispose scope.
    /// </summary>
    public static Tensor Fold(Tensor pixels, int patch) => patch == 1 ? pixels : functional.pixel_unshuffle(pixels, patch);

    /// <summary>The inverse of <see cref="Fold"/>.</summary>
    public static Tensor Unfold(Tensor channels, int patch) => patch == 1 ? channels : functional.pixel_shuffle(channels, patch);
}
