namespace Consensus.ML.Transforms;

/// <summary>
/// The level and the contrast of the grey values of one channel of one slice, measured without the few pixels that are much brighter or
/// darker than the rest: mean and population standard deviation by sigma clipping. Pixels further than three deviations from the mean are
/// left out, and both are measured again, until nothing changes.
/// </summary>
/// <remarks>
/// <c>Segmentation/Exporting/OnnxFile</c> computes the same in a graph, with the same constants.
/// </remarks>
/// <param name="Mean">The mean, in the units of the image.</param>
/// <param name="Deviation">The standard deviation, in the units of the image; 1 for a slice with one value.</param>
internal readonly record struct SigmaClippedScale(double Mean, double Deviation)
{
    /// <summary>Values up to so many deviations from the mean count, and stay as they are.</summary>
    public const double Limit = 3;

    /// <summary>The number of times that pixels are left out. Real images need up to eight.</summary>
    public const int Rounds = 10;

    /// <summary>The limit's own tolerance: the order of a sum must not decide about a value that lies at the limit.</summary>
    public const double Slack = 1 + 1e-9;

    /// <summary>A deviation below this share of the mean is rounding. Single precision resolves no less.</summary>
    public const double LeastShare = 1e-7;

    /// <summary>Whether the slice has no contrast. Its deviation then says nothing.</summary>
    public bool IsFlat { get; private init; }

    /// <summary>Measures values.</summary>
    /// <param name="values">The values, in the units of the image; at least one, all finite.</param>
    public static SigmaClippedScale Measure(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        (_, double mean, double deviation) = Around(values, sum / values.Length, double.PositiveInfinity);
        (double allMean, double allDeviation) = (mean, deviation);
        for (int round = 0; round < Rounds; round++)
        {
            (long count, double nextMean, double nextDeviation) = Around(values, mean, Limit * Slack * deviation);
            if (count == 0 || (nextMean == mean && nextDeviation == deviation))
            {
                break;
            }

            (mean, deviation) = (nextMean, nextDeviation);
        }

        // A few pixels on a background of one value: without them there is no contrast at all.
        return IsContrast(mean, deviation) ? new(mean, deviation)
            : IsContrast(allMean, allDeviation) ? new(allMean, allDeviation)
            : new(allMean, 1) { IsFlat = true };

        static bool IsContrast(double mean, double deviation) => deviation > LeastShare * Math.Abs(mean);
    }

    /// <summary>
    /// A value in deviations from the mean. Beyond the limit, distances grow with their logarithm: the brightest pixels stay the brightest,
    /// and do not take the contrast from the others.
    /// </summary>
    public double Apply(double value)
    {
        double deviations = (value - Mean) / Deviation, beyond = Math.Abs(deviations) - Limit;
        return beyond <= 0 ? deviations : Math.CopySign(Limit + Math.Log(1 + beyond), deviations);
    }

    /// <summary>The number, mean and deviation of the values within a distance of a centre.</summary>
    private static (long Count, double Mean, double Deviation) Around(ReadOnlySpan<float> values, double centre, double distance)
    {
        long count = 0;
        double sum = 0, squares = 0;
        foreach (float value in values)
        {
            double from = value - centre;
            if (Math.Abs(from) <= distance)
            {
                count++;
                sum += from;
                squares += from * from;
            }
        }

        double shift = count == 0 ? 0 : sum / count;
        return (count, centre + shift, count == 0 ? 0 : Math.Sqrt(Math.Max(0, (squares / count) - (shift * shift))));
    }
}
