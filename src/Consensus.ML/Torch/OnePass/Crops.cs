using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// Boxes of images, scaled to the size of the image and back, by products with matrices of bilinear weights. A box is a row of four
/// numbers in pixels: its first row and column, and the row and column after its last. Results are owned by the surrounding dispose scope.
/// </summary>
internal static class Crops
{
    /// <summary>What the map of a box leaves outside it: the logit of a probability of 2 in 10⁹.</summary>
    public const double Outside = -20;

    /// <summary>The part of each image inside its box, scaled to the image's size.</summary>
    /// <param name="images">B×C×H×W float32.</param>
    /// <param name="boxes">B×4 float32.</param>
    public static Tensor Take(Tensor images, Tensor boxes)
    {
        using var scope = NewDisposeScope();
        Tensor rows = Weights(images.shape[2], 0), columns = Weights(images.shape[3], 1);
        return rows.matmul(images).matmul(columns.transpose(2, 3)).MoveToOuterDisposeScope();

        // side × side: how much each pixel of the image counts for each pixel of the crop.
        Tensor Weights(long side, int axis)
        {
            Tensor first = Edge(boxes, axis), length = Edge(boxes, axis + 2) - first;
            Tensor centres = TensorArithmetic.Range(0, side, ScalarType.Float32, images.device).Plus(0.5).view(1, 1, -1, 1);
            Tensor at = first.Plus((centres * length).Over(side)).Minus(0.5);
            return Linear(at.maximum(first).minimum(first.Plus(length).Minus(1)), side);
        }
    }

    /// <summary>The inverse: maps of boxes put where the boxes are, and <see cref="Outside"/> elsewhere.</summary>
    /// <param name="maps">B×C×H×W float32, of the size of the image.</param>
    /// <param name="boxes">B×4 float32.</param>
    public static Tensor Put(Tensor maps, Tensor boxes)
    {
        using var scope = NewDisposeScope();
        (Tensor rows, Tensor insideRows) = Weights(maps.shape[2], 0);
        (Tensor columns, Tensor insideColumns) = Weights(maps.shape[3], 1);
        Tensor put = rows.matmul(maps).matmul(columns.transpose(2, 3));
        return put.where((insideRows * insideColumns.transpose(2, 3)).EqualTo(1), zeros_like(put).Plus(Outside)).MoveToOuterDisposeScope();

        (Tensor Weights, Tensor Inside) Weights(long side, int axis)
        {
            Tensor first = Edge(boxes, axis), length = Edge(boxes, axis + 2) - first;
            Tensor pixels = TensorArithmetic.Range(0, side, ScalarType.Float32, maps.device).view(1, 1, -1, 1);
            Tensor at = ((pixels.Plus(0.5) - first) * (length.Power(-1).Times(side))).Minus(0.5);
            Tensor inside = pixels.ge(first).logical_and(pixels.lt(first.Plus(length))).to_type(ScalarType.Float32);
            return (Linear(at.Clamped(0, side - 1), side), inside);
        }
    }

    /// <summary>The box around the marked pixels of each mask, with a frame, cut at the mask's edges. Some pixel must be marked.</summary>
    /// <param name="masks">B×1×H×W float32 of 0 and 1.</param>
    /// <param name="margin">The frame as a share of each side, rounded to whole pixels.</param>
    public static Tensor Around(Tensor masks, double margin)
    {
        using var scope = NewDisposeScope();
        (Tensor top, Tensor bottom) = Ends(masks.amax([1, 3]));
        (Tensor left, Tensor right) = Ends(masks.amax([1, 2]));
        return stack([top, left, bottom, right], 1).MoveToOuterDisposeScope();

        (Tensor First, Tensor End) Ends(Tensor marked)
        {
            long side = marked.shape[1], frame = Frame(margin, side);
            Tensor after = TensorArithmetic.Range(1, side + 1, ScalarType.Float32, masks.device);
            Tensor end = (marked * after).amax([1]), first = (marked * after.flip(0)).amax([1]).SubtractedFrom(side);
            return (first.Minus(frame).Clamped(0, null), end.Plus(frame).Clamped(null, side));
        }
    }

    /// <summary>A frame in whole pixels.</summary>
    public static int Frame(double margin, long side) => (int)Math.Round(margin * side, MidpointRounding.AwayFromZero);

    /// <summary>An edge of each box, B×1×1×1.</summary>
    private static Tensor Edge(Tensor boxes, long index) => boxes.select(1, index).view(-1, 1, 1, 1);

    /// <summary>Weights of linear interpolation at positions, B×1×target×side: they fall with the distance, to 0 a pixel away.</summary>
    private static Tensor Linear(Tensor at, long side) =>
        (at - TensorArithmetic.Range(0, side, ScalarType.Float32, at.device).view(1, 1, 1, -1)).abs().SubtractedFrom(1).Clamped(0, null);
}
