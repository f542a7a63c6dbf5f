namespace Consensus.ML.Graphs;

internal sealed partial record GraphValue
{
    /// <summary>
    /// B×C×H×W of any height and width resized bilinearly, as <see cref="Imaging.Geometry.Resampling"/> does. ONNX's own operator computes
    /// positions by another rounding, so this is the product with a matrix of weights for each side.
    /// </summary>
    /// <param name="height">New height.</param>
    /// <param name="width">New width.</param>
    public GraphValue Resized(long height, long width)
    {
        GraphValue rows = Neighbours(Side(2), height), columns = Neighbours(Side(3), width);
        return rows.MatrixProduct(this).MatrixProduct(columns.Transposed(1, 0));
    }

    /// <summary>target × source: how much each old position counts for each new one.</summary>
    private GraphValue Neighbours(GraphValue source, long target)
    {
        float[] centres = [.. Enumerable.Range(0, (int)target).Select(index => index + 0.5f)];
        GraphValue length = source.As(GraphType.Single);

        // Between two positions, the weights fall linearly with the distance. Beyond the ends, the last position counts alone.
        GraphValue position = Graph.Constant(centres, target)
            .Times(length.Over(Graph.Constant(target)))
            .Plus(-0.5)
            .Clamped(Graph.Constant(0), length.Plus(-1));
        GraphValue distance = position.WithAxis(1).Minus(source.Count().As(GraphType.Single).WithAxis(0)).Magnitude();
        return Graph.Constant(1).Minus(distance).Positive();
    }
}
