using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The place of each pixel as channels (Liu et al. 2018): the implementation of <see cref="NetworkOptions.EncoderCoordinates"/>. The
/// channels are row, column and the sum of their squares. The middle of a slice is 0, and its longer side goes from −1 to 1.
/// </summary>
internal static class Coordinates
{
    /// <summary>The number of channels.</summary>
    public const int Channels = 3;

    /// <summary>The channels behind those of some feature maps.</summary>
    /// <param name="maps">B×C×H×W.</param>
    /// <returns>B×(C + 3)×H×W of the same type; owned by the surrounding dispose scope.</returns>
    public static Tensor Append(Tensor maps)
    {
        using var scope = NewDisposeScope();
        long height = maps.shape[2], width = maps.shape[3];
        Tensor rows = Along(height).view(1, 1, height, 1), columns = Along(width).view(1, 1, 1, width);
        Tensor[] planes =
        [
            rows.expand(1, 1, height, width), columns.expand(1, 1, height, width), (rows * rows).Plus(columns * columns),
        ];
        return cat([maps, cat(planes, 1).to_type(maps.dtype).expand(maps.shape[0], -1, -1, -1)], 1).MoveToOuterDisposeScope();

        Tensor Along(long side) =>
            TensorArithmetic.Range(0, side, ScalarType.Float32, maps.device).Minus(Middle(side)).Over(Reach(height, width));
    }

    /// <summary><see cref="Append"/> in a graph.</summary>
    public static GraphValue EmitAppend(GraphValue maps)
    {
        long height = maps.Shape[2], width = maps.Shape[3], size = height * width;
        var values = new float[Channels * size];
        for (long pixel = 0; pixel < size; pixel++)
        {
            float row = Along(pixel / width, height), column = Along(pixel % width, width);
            (values[pixel], values[size + pixel], values[(2 * size) + pixel]) = (row, column, (row * row) + (column * column));
        }

        return GraphValue.Join([maps, maps.Graph.Constant(values, 1, Channels, height, width).RepeatedAs(maps)], 1);

        float Along(long at, long side) => (float)((at - Middle(side)) / Reach(height, width));
    }

    private static double Middle(long side) => (side - 1) / 2.0;

    // A slice of a single pixel has its place at 0.
    private static double Reach(long height, long width) => Math.Max(0.5, Middle(Math.Max(height, width)));
}
