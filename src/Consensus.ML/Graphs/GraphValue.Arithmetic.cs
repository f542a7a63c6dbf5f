namespace Consensus.ML.Graphs;

internal sealed partial record GraphValue
{
    /// <summary>this + right.</summary>
    public GraphValue Plus(GraphValue right) => Binary("Add", right);

    /// <summary>this + number.</summary>
    public GraphValue Plus(double number) => Plus(Number(number));

    /// <summary>this − right.</summary>
    public GraphValue Minus(GraphValue right) => Binary("Sub", right);

    /// <summary>this · right.</summary>
    public GraphValue Times(GraphValue right) => Binary("Mul", right);

    /// <summary>this · number.</summary>
    public GraphValue Times(double number) => Times(Number(number));

    /// <summary>this / right.</summary>
    public GraphValue Over(GraphValue right) => Binary("Div", right);

    /// <summary>The remainder of whole numbers, at least 0 for a positive divisor.</summary>
    public GraphValue Modulo(long divisor) => Binary("Mod", Number(divisor));

    /// <summary>Values limited to [minimum, maximum].</summary>
    public GraphValue Clamped(GraphValue minimum, GraphValue maximum) => Graph.Node("Clip", Type, Shape, [this, minimum, maximum]);

    /// <summary>Values limited to [minimum, maximum].</summary>
    public GraphValue Clamped(double minimum, double maximum) => Clamped(Number(minimum), Number(maximum));

    /// <summary>Magnitudes.</summary>
    public GraphValue Magnitude() => Unary("Abs");

    /// <summary>Square roots.</summary>
    public GraphValue Root() => Unary("Sqrt");

    /// <summary>Hyperbolic tangents.</summary>
    public GraphValue Tanh() => Unary("Tanh");

    /// <summary>1 / (1 + exp(−x)).</summary>
    public GraphValue Sigmoid() => Unary("Sigmoid");

    /// <summary>Positive values, and 0 for the others.</summary>
    public GraphValue Positive() => Unary("Relu");

    /// <summary>x · sigmoid(x).</summary>
    public GraphValue Silu() => Times(Sigmoid());

    /// <summary>Leaky ReLU.</summary>
    public GraphValue LeakyRelu(double slope) => Unary("LeakyRelu", new GraphAttribute("alpha", (float)slope));

    /// <summary>Shares along the last axis that add up to 1.</summary>
    public GraphValue Softmax() => Unary("Softmax", new GraphAttribute("axis", -1L));

    /// <summary>The product of matrices, the last two sides of each.</summary>
    public GraphValue MatrixProduct(GraphValue right)
    {
        long[] leading = Broadcast([.. Shape.SkipLast(2)], [.. right.Shape.SkipLast(2)]);
        return Graph.Node("MatMul", Type, [.. leading, Shape[^2], right.Shape[^1]], [this, right]);
    }

    /// <summary>e to the power of each element.</summary>
    public GraphValue Exponential() => Unary("Exp");

    /// <summary>Natural logarithms of positive values.</summary>
    public GraphValue Logarithm() => Unary("Log");

    /// <summary>The smallest values along axes, whose sides become 1.</summary>
    public GraphValue Least(params long[] axes) => Kept("ReduceMin", axes);

    /// <summary>Sums along axes, whose sides become 1.</summary>
    public GraphValue Total(params long[] axes) => Kept("ReduceSum", axes);

    /// <summary>Means along an axis, which is left out of the result.</summary>
    public GraphValue Mean(int axis) => Reduced("ReduceMean", axis);

    /// <summary>The sum of all elements.</summary>
    public GraphValue Sum() => Graph.Node("ReduceSum", Type, [], [this], new GraphAttribute("keepdims", 0L));

    /// <summary>Population standard deviations along an axis, which is left out of the result.</summary>
    public GraphValue Deviation(int axis)
    {
        GraphValue distance = Minus(Graph.Node(
            "ReduceMean", Type, [.. Shape.Select((side, i) => i == Axis(axis) ? 1 : side)], [this, Graph.Integers([Axis(axis)])]));
        return distance.Times(distance).Mean(axis).Root();
    }

    /// <summary>Values sorted along an axis, the largest first.</summary>
    public GraphValue Descending(int axis)
    {
        long[] shape = [.. Shape];
        return Graph.Node(
            "TopK", [(Type, shape), (GraphType.Int64, shape)], [this, Graph.Integers([Shape[Axis(axis)]])],
            new GraphAttribute("axis", (long)Axis(axis)))[0];
    }

    /// <summary>Where values are above a number.</summary>
    public GraphValue Above(double number) => Binary("Greater", Number(number), GraphType.Boolean);

    /// <summary>Where values are at most a number.</summary>
    public GraphValue AtMost(double number) => Binary("LessOrEqual", Number(number), GraphType.Boolean);

    /// <summary>Where values equal a number.</summary>
    public GraphValue EqualTo(double number) => Binary("Equal", Number(number), GraphType.Boolean);

    /// <summary>Where values are NaN.</summary>
    public GraphValue IsNaN() => Graph.Node("IsNaN", GraphType.Boolean, Shape, [this]);

    /// <summary>Where both are true.</summary>
    public GraphValue And(GraphValue right) => Binary("And", right);

    /// <summary>Where one of both is true.</summary>
    public GraphValue Or(GraphValue right) => Binary("Or", right);

    /// <summary>Where it is false.</summary>
    public GraphValue Not() => Unary("Not");

    /// <summary>Takes the first value where this is true, and else the other.</summary>
    public GraphValue Choose(GraphValue first, GraphValue other) => Graph.Node(
        "Where", first.Type, Broadcast(Broadcast(Shape, first.Shape), other.Shape), [this, first, other]);

    /// <summary>Values as another type.</summary>
    public GraphValue As(GraphType type) =>
        type == Type ? this : Graph.Node("Cast", type, Shape, [this], new GraphAttribute("to", (long)type));

    private GraphValue Kept(string kind, long[] axes) => Graph.Node(
        kind, Type, [.. Shape.Select((side, i) => axes.Contains(i) ? 1 : side)], [this, Graph.Integers(axes)]);

    private GraphValue Reduced(string kind, int axis) => Graph.Node(
        kind, Type, [.. Shape.Where((_, i) => i != Axis(axis))], [this, Graph.Integers([Axis(axis)])], new GraphAttribute("keepdims", 0L));
}
