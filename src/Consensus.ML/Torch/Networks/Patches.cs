using Consensus.ML.Graphs;
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

    /// <summary><see cref="Fold"/> in a graph.</summary>
    public static GraphValue EmitFold(GraphValue pixels, int patch)
    {
        if (patch == 1)
        {
            return pixels;
        }

        long channels = pixels.Shape[1], height = pixels.Shape[2] / patch, width = pixels.Shape[3] / patch;
        return pixels.Reshaped(0, channels, height, patch, width, patch)
            .Transposed(0, 1, 3, 5, 2, 4)
            .Reshaped(0, channels * patch * patch, height, width);
    }

    /// <summary><see cref="Unfold"/> in a graph.</summary>
    public static GraphValue EmitUnfold(GraphValue channels, int patch)
    {
        if (patch == 1)
        {
            return channels;
        }

        long pixels = channels.Shape[1] / (patch * patch), height = channels.Shape[2], width = channels.Shape[3];
        return channels.Reshaped(0, pixels, patch, patch, height, width)
            .Transposed(0, 1, 4, 2, 5, 3)
            .Reshaped(0, pixels, height * patch, width * patch);
    }
}
