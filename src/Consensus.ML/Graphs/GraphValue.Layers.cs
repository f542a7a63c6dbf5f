namespace Consensus.ML.Graphs;

internal sealed partial record GraphValue
{
    private static readonly long[] Pair = [2, 2];

    /// <summary>A convolution over the axes after the second, with bias.</summary>
    /// <param name="weight">Outputs × inputs × kernel.</param>
    /// <param name="bias">Outputs.</param>
    /// <param name="stride">Step of the kernel along each axis.</param>
    /// <param name="padding">Zeros before and after each axis.</param>
    public GraphValue Convolution(GraphValue weight, GraphValue bias, long stride = 1, long padding = 0)
    {
        int axes = Shape.Count - 2;
        long[] kernel = [.. weight.Shape.Skip(2)];
        long[] sides = [.. Shape.Skip(2).Select((side, i) => side == AnySize ? side : ((side + (2 * padding) - kernel[i]) / stride) + 1)];
        return Graph.Node(
            "Conv", Type, [Shape[0], weight.Shape[0], .. sides], [this, weight, bias], new("kernel_shape", kernel),
            new("strides", Enumerable.Repeat(stride, axes).ToArray()), new("pads", Enumerable.Repeat(padding, 2 * axes).ToArray()));
    }

    /// <summary>this · weightᵀ + bias, for rows of vectors.</summary>
    public GraphValue Linear(GraphValue weight, GraphValue bias) => Graph.Node(
        "Gemm", Type, [Shape[0], weight.Shape[0]], [this, weight, bias], new GraphAttribute("transB", 1L));

    /// <summary>
    /// The largest of each 2×2 values: B×C×H×W to half of both sides. Where a side is odd, the last values stand alone.
    /// </summary>
    public GraphValue MaximumOfPairs() => Graph.Node(
        "MaxPool", Type, [Shape[0], Shape[1], (Shape[2] + 1) / 2, (Shape[3] + 1) / 2], [this], new("kernel_shape", Pair),
        new("strides", Pair), new("ceil_mode", 1L));

    /// <summary>
    /// Group normalisation: each group of channels gets mean 0 and deviation 1, and each channel is then scaled and shifted. Written as an
    /// instance normalisation of the groups, which runtimes load and compute faster than their operator for groups.
    /// </summary>
    public GraphValue GroupNormalized(int groups, GraphValue weight, GraphValue bias, double epsilon)
    {
        float[] ones = new float[groups];
        Array.Fill(ones, 1);
        GraphValue grouped = Reshaped(0, groups, AnySize);
        GraphValue normed = Graph.Node(
            "InstanceNormalization", Type, grouped.Shape,
            [grouped, Graph.Constant(ones, groups), Graph.Constant(new float[groups], groups)],
            new GraphAttribute("epsilon", (float)epsilon));
        long[] channel = [.. Shape.Skip(1).Select((_, i) => i == 0 ? Shape[1] : 1L)];
        return normed.Reshaped([0, .. Shape.Skip(1)]).Times(weight.Reshaped(channel)).Plus(bias.Reshaped(channel));
    }

    /// <summary>B×C×H×W with both sides doubled by repetition.</summary>
    public GraphValue Doubled() => Graph.Node(
        "Resize", Type, [Shape[0], Shape[1], 2 * Shape[2], 2 * Shape[3]], [this, null, Graph.Constant(new float[] { 1, 1, 2, 2 }, 4)],
        new("mode", "nearest"), new("coordinate_transformation_mode", "asymmetric"), new("nearest_mode", "floor"));
}
