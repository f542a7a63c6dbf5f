namespace Consensus.ML.Graphs;

internal sealed partial record GraphValue
{
    /// <summary>
    /// B×C×H×W of any height and width resized as <see cref="Imaging.Geometry.Resampling"/> does. ONNX's own operator computes positions by
    /// another rounding, so this is the product with a matrix of weights for each side.
    /// </summary>
    /// <param name="height">New height.</param>
    /// <param name="width">New width.</param>
    /// <param name="antialias">Whether a side that is reduced gets means of pixels; otherwise it is bilinear.</param>
    public GraphValue Resized(long height, long width, bool antialias = false)
    {
        GraphValue rows = Weights(Side(2), height), columns = Weights(Side(3), width);
        return rows.MatrixProduct(this).MatrixProduct(columns.Transposed(1, 0));

        GraphValue Weights(GraphValue source, long target) => antialias
            ? source.As(GraphType.Single).Above(target).Choose(Shares(source, target), Neighbours(source, target))
            : Neighbours(source, target);
    }

    /// <summary>target × source: the share of each new position that each old one fills.</summary>
    private GraphValue Shares(GraphValue source, long target)
    {
        double[] indices = [.. Enumerable.Range(0, (int)target).Select(index => (double)index)];
        GraphValue scale = source.As(GraphType.Double).Over(Graph.Constant(target, GraphType.Double));
        GraphValue start = Graph.Constant(indices, target).Times(scale).WithAxis(1), old = source.Count().As(GraphType.Double).WithAxis(0);

        // How far the new position reaches into the old one, and how far it begins inside it.
        GraphValue end = start.Plus(scale).Minus(old).Clamped(0, 1), begin = start.Minus(old).Clamped(0, 1);
        return end.Minus(begin).Over(scale).As(GraphType.Single);
    }

    /// <summary>target × source: how much each old position counts for each new one, by linear interpolation.</summary>
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
