namespace Consensus.Imaging.Geometry;

/// <summary>Two neighbouring source indices, and the weight of the upper one, 0 to 1.</summary>
internal readonly record struct WeightedPair(int Lower, int Upper, float UpperWeight);

/// <summary>Consecutive source indices, and the weights of their mean.</summary>
internal readonly record struct WeightedSpan(int First, float[] Weights);

/// <summary>Which source indices make up each target index along one axis, and by what weights.</summary>
internal static class ResamplingWeights
{
    /// <summary>
    /// The index in the source that the nearest rule takes: the scaled index, rounded down, in single precision as PyTorch computes it.
    /// </summary>
    public static int NearestIndex(int index, int source, int target)
        => Math.Min((int)MathF.Floor(index * ((float)source / target)), source - 1);

    /// <summary>
    /// Where reduction by the nearest pixel takes a pixel from, in pixels of the result: the middle of one pixel of the source, which is
    /// not the middle of the result's.
    /// </summary>
    /// <param name="index">Row or column of the result.</param>
    /// <param name="scale">Side of the source by that of the result.</param>
    public static double TakenPosition(int index, double scale) => ((Math.Floor(index * scale) + 0.5) / scale) - 0.5;

    /// <summary>
    /// How far reduction by the nearest pixel takes pixels from off their own places, on average over a side, in pixels of the result.
    /// </summary>
    /// <param name="source">Side of the source.</param>
    /// <param name="target">Side of the result.</param>
    public static double NearestOffset(int source, int target)
    {
        double scale = (double)source / target;
        return Enumerable.Range(0, target).Average(index => TakenPosition(index, scale) - index);
    }

    /// <summary>Pixel centres line up: position (i + ½)·source/target − ½, in single precision as PyTorch computes it.</summary>
    public static WeightedPair[] CentreNeighbours(int source, int target)
    {
        float scale = (float)source / target;
        var neighbours = new WeightedPair[target];
        for (int index = 0; index < target; index++)
        {
            float position = Math.Max(0, (scale * (index + 0.5f)) - 0.5f);
            int lower = Math.Min((int)position, source - 1);
            neighbours[index] = new(lower, Math.Min(lower + 1, source - 1), Math.Clamp(position - lower, 0f, 1f));
        }

        return neighbours;
    }

    /// <summary>
    /// Source index j lies at the target index that it was taken from; where several were taken from one, the last of them counts.
    /// </summary>
    public static WeightedPair[] TakenNeighbours(int source, int target)
    {
        var neighbours = new WeightedPair[target];
        int lower = 0;
        for (int index = 0; index < target; index++)
        {
            while (lower + 1 < source && NearestIndex(lower + 1, target, source) <= index)
            {
                lower++;
            }

            int upper = Math.Min(lower + 1, source - 1), from = NearestIndex(lower, target, source),
                to = NearestIndex(upper, target, source);
            neighbours[index] = new(lower, upper, to > from ? Math.Clamp((float)(index - from) / (to - from), 0f, 1f) : 0);
        }

        return neighbours;
    }

    /// <summary>Source index j lies where its centre does, and <paramref name="offset"/> source pixels further on.</summary>
    public static WeightedPair[] OffsetNeighbours(int source, int target, double offset)
    {
        double scale = (double)source / target;
        var neighbours = new WeightedPair[target];
        for (int index = 0; index < target; index++)
        {
            double position = Math.Clamp((scale * (index + 0.5)) - 0.5 - offset, 0, source - 1);
            int lower = (int)position;
            neighbours[index] = new(lower, Math.Min(lower + 1, source - 1), (float)(position - lower));
        }

        return neighbours;
    }

    /// <summary>
    /// The source indices, each with its centre moved by <paramref name="offset"/>, that a target index covers, by how
    /// much of it they fill.
    /// </summary>
    public static WeightedSpan[] OffsetShares(int source, int target, double offset)
    {
        double scale = (double)source / target;
        var shares = new WeightedSpan[target];
        for (int index = 0; index < target; index++)
        {
            // Outside the source, its outermost pixels repeat.
            double start = Math.Clamp((index * scale) - offset, 0, source - 1),
                end = Math.Clamp(((index + 1) * scale) - offset, start + 0.5, source);
            int first = (int)start, last = Math.Min((int)Math.Ceiling(end), source) - 1;
            shares[index] = new(first, [.. Enumerable.Range(first, last - first + 1).Select(at =>
                (float)((Math.Min(end, at + 1) - Math.Max(start, at)) / (end - start)))]);
        }

        return shares;
    }
}
