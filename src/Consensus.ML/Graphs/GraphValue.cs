namespace Consensus.ML.Graphs;

/// <summary>A tensor in a graph: an input, a constant, or what a node computes. Its methods add nodes that compute with it.</summary>
/// <param name="Graph">The graph that it belongs to.</param>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its sides; <see cref="AnySize"/> for a side that is known only when the graph runs.</param>
internal sealed partial record GraphValue(GraphBuilder Graph, string Name, GraphType Type, IReadOnlyList<long> Shape)
{
    /// <summary>A side that is known only when the graph runs.</summary>
    public const long AnySize = -1;

    private GraphValue Unary(string kind, params GraphAttribute[] attributes) => Graph.Node(kind, Type, Shape, [this], attributes);

    private GraphValue Binary(string kind, GraphValue right, GraphType? type = null) =>
        Graph.Node(kind, type ?? Type, Broadcast(Shape, right.Shape), [this, right]);

    private GraphValue Number(double value) => Graph.Constant(value, Type);

    private int Axis(int axis) => axis < 0 ? axis + Shape.Count : axis;

    /// <summary>The shape of an operation on two tensors: the last sides stand below each other, and a side of 1 is repeated.</summary>
    private static long[] Broadcast(IReadOnlyList<long> left, IReadOnlyList<long> right)
    {
        var shape = new long[Math.Max(left.Count, right.Count)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long a = i <= left.Count ? left[^i] : 1, b = i <= right.Count ? right[^i] : 1;
            shape[^i] = a == b || b == 1 ? a
                : a == 1 ? b
                : a == AnySize ? b
                : b == AnySize ? a
                : throw new InvalidOperationException($"Sides {a} and {b} do not fit each other.");
        }

        return shape;
    }
}
