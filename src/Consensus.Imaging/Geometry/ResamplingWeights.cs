namespace Consensus.Imaging.Geometry;

/// <summary>Two neighbouring source indices, and the weight of the upper one, 0 to 1.</summary>
internal readonly record struct WeightedPair(int Lower, int Upper, float UpperWeight);

/// <summary>Consecutive source indices, and the weights of their mean.</summary>
internal readonly record struct WeightedSpan(int First, float[] Weights);

/// <summary>For one axis: the source indices that make up each target index, and their weights.</summary>
internal static class ResamplingWeights
{
    /// <summary>
    /// The source index that the nearest rule takes: the scaled index, rounded down. It is computed in single precision, as in PyTorch.
    /// </summary>
    public static int NearestIndex(int index, int source, int target)
        => Math.Min((int)MathF.Floor(index * ((float)source / target)), source - 1);

    /// <summary>
    /// The place from which the nearest rule takes a pixel, in pixels of the result. It is the centre of a source pixel, and usually not
    /// the centre of the result's pixel.
    /// </summary>
    /// <param name="index">Row or column of the result.</param>
    /// <param name="scale">Length of the source divided by the length of the result.</param>
    public static double TakenPosition(int index, double scale) => ((Math.Floor(index * scale) + 0.5) / scale) - 0.5;

    /// <summary>
    /// The mean distance between the places that the nearest rule takes pixels from and the pixels' own places, over one side, in pixels
    /// of the result.
    /// </summary>
    /// <param name="source">Length of the source.</param>
    /// <param name="target">Length of the result.</param>
    public static double NearestOffset(int source, int target)
    {
        double scale = (double)source / target;
        return Enumerable.Range(0, target).Average(index => TakenPosition(index, scale) - index);
    }

    /// <summary>
    /// For linear interpolation with aligned pixel centres: position (i + ½)·source/target − ½, computed in single precision as in
    /// PyTorch.
    /// </summary>
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
    /// For linear interpolation in which source index j lies at the target index that it was taken from. If several indices were taken
    /// from the same target index, the last one counts.
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

    /// <summary>
    /// For linear interpolation in which source index j lies at its own centre, moved by <paramref name="offset"/> source pixels.
    /// </summary>
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
    /// For averages: the source indices that a target index covers, after their centres are moved by <paramref name="offset"/>. Each
    /// weight is the share of the target index that the source index fills.
    /// </summary>
    public static WeightedSpan[] OffsetShares(int source, int target, double offset)
    {
        double scale = (double)source / target;
        var shares = new WeightedSpan[target];
        for (int index = 0; index < target; index++)
        {
            // Outside the source, its outermost pixels are repeated.
            double start = Math.Clamp((index * scale) - offset, 0, source - 1),
                end = Math.Clamp(((index + 1) * scale) - offset, start + 0.5, source);
            int first = (int)start, last = Math.Min((int)Math.Ceiling(end), source) - 1;
            shares[index] = new(first, [.. Enumerable.Range(first, last - first + 1).Select(at =>
                (float)((Math.Min(end, at + 1) - Math.Max(start, at)) / (end - start)))]);
        }

        return shares;
    }
}
