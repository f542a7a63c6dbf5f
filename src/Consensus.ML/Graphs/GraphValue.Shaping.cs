namespace Consensus.ML.Graphs;

internal sealed partial record GraphValue
{
    /// <summary>
    /// The same values with other sides. A side of 0 is taken from this tensor, and one side of <see cref="AnySize"/> follows from the
    /// others.
    /// </summary>
    public GraphValue Reshaped(params long[] sides)
    {
        long[] shape = [.. sides.Select((side, i) => side == 0 ? Shape[i] : side)];
        int open = Array.IndexOf(sides, AnySize);
        if (open >= 0 && !Shape.Skip(sides[0] == 0 ? 1 : 0).Contains(AnySize))
        {
            // A first side that is taken over stands on both sides of the division.
            int skipped = sides[0] == 0 ? 1 : 0;
            shape[open] = Product(Shape.Skip(skipped)) / Product(shape.Where((_, i) => i >= skipped && i != open));
        }

        return Graph.Node("Reshape", Type, shape, [this, Graph.Integers(sides)]);

        static long Product(IEnumerable<long> sides) => sides.Aggregate(1L, (product, side) => product * side);
    }

    /// <summary>Axes in another order.</summary>
    public GraphValue Transposed(params long[] order) =>
        Graph.Node("Transpose", Type, [.. order.Select(axis => Shape[(int)axis])], [this], new GraphAttribute("perm", order));

    /// <summary>A further axis with a side of 1.</summary>
    public GraphValue WithAxis(int axis)
    {
        List<long> shape = [.. Shape];
        int at = axis < 0 ? axis + shape.Count + 1 : axis;
        shape.Insert(at, 1);
        return Graph.Node("Unsqueeze", Type, shape, [this, Graph.Integers([at])]);
    }

    /// <summary>Without an axis, whose side is 1.</summary>
    public GraphValue WithoutAxis(int axis) => Graph.Node(
        "Squeeze", Type, [.. Shape.Where((_, i) => i != Axis(axis))], [this, Graph.Integers([Axis(axis)])]);

    /// <summary>The part of an axis from an index on.</summary>
    public GraphValue Part(int axis, long first, long count)
    {
        int along = Axis(axis);
        return first == 0 && count == Shape[along] ? this : Graph.Node(
            "Slice", Type, [.. Shape.Select((side, i) => i == along ? count : side)],
            [this, Graph.Integers([first]), Graph.Integers([first + count]), Graph.Integers([along])]);
    }

    /// <summary>The first entries of the first axis: at most this many.</summary>
    public GraphValue Start(long most) => Graph.Node(
        "Slice", Type, [Shape[0] == AnySize ? AnySize : Math.Min(Shape[0], most), .. Shape.Skip(1)],
        [this, Graph.Integers([0L]), Graph.Integers([most]), Graph.Integers([0L])]);

    /// <summary>Equal parts of an axis.</summary>
    public GraphValue[] Parts(int axis, int count)
    {
        if (count == 1)
        {
            return [this];
        }

        int along = Axis(axis);
        long[] shape = [.. Shape.Select((side, i) => i == along && side != AnySize ? side / count : side)];
        return Graph.Node(
            "Split", [.. Enumerable.Repeat((Type, shape), count)], [this], new("axis", (long)along), new("num_outputs", (long)count));
    }

    /// <summary>An axis in the opposite order.</summary>
    public GraphValue Flipped(int axis) => Graph.Node(
        "Slice", Type, Shape,
        [this, Graph.Integers([-1L]), Graph.Integers([long.MinValue]), Graph.Integers([Axis(axis)]), Graph.Integers([-1L])]);

    /// <summary>The first axis with as many entries as that of another tensor, where this one has a single entry to repeat.</summary>
    public GraphValue RepeatedAs(GraphValue other)
    {
        if (Shape[0] == other.Shape[0])
        {
            return this;
        }

        long[] further = [.. Enumerable.Repeat(1L, Shape.Count - 1)];
        GraphValue sides = Join([other.Side(0).WithAxis(0), Graph.Integers(further)], 0);
        return Graph.Node("Expand", Type, [other.Shape[0], .. Shape.Skip(1)], [this, sides]);
    }

    /// <summary>The entries of the first axis that indices (int64) name.</summary>
    public GraphValue Rows(GraphValue indices) => Graph.Node("Gather", Type, [.. indices.Shape, .. Shape.Skip(1)], [this, indices]);

    /// <summary>Tensors joined along an axis.</summary>
    public static GraphValue Join(IReadOnlyList<GraphValue> values, int axis)
    {
        if (values.Count == 1)
        {
            return values[0];
        }

        GraphValue first = values[0];
        int along = first.Axis(axis);
        long side = values.Any(value => value.Shape[along] == AnySize) ? AnySize : values.Sum(value => value.Shape[along]);
        return first.Graph.Node(
            "Concat", first.Type, [.. first.Shape.Select((known, i) => i == along ? side : known)], [.. values],
            new GraphAttribute("axis", (long)along));
    }

    /// <summary>The length of an axis, a single whole number.</summary>
    public GraphValue Side(int axis) => Graph.Node(
        "Shape", GraphType.Int64, [1], [this], new("start", (long)Axis(axis)), new("end", Axis(axis) + 1L)).WithoutAxis(0);

    /// <summary>Whole numbers from 0 to this one, without it.</summary>
    public GraphValue Count() => Graph.Node("Range", Type, [AnySize], [Number(0), this, Number(1)]);
}
