using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>Bilinear interpolation of feature maps.</summary>
internal static class Bilinear
{
    /// <summary>B×C×H×W at another size, with pixels as squares (corners are not aligned).</summary>
    /// <param name="values">B×C×H×W.</param>
    /// <param name="side">New height and width.</param>
    public static Tensor Resize(Tensor values, long[] side) => values.shape.AsSpan(2).SequenceEqual(side)
        ? values.alias()
        : functional.interpolate(values, size: side, mode: InterpolationMode.Bilinear, align_corners: false);
}
