namespace Consensus.ML.Transforms;

/// <summary>What NormalizeSlices learns of one channel from the training images. Every image counts once.</summary>
internal sealed class ImageStatistics
{
    /// <summary>Fewer images with contrast do not show how much images differ.</summary>
    public const int LeastImages = 8;

    /// <summary>
    /// The spread above which each slice has a scale of its own. QUBIQ brain growth has 0.19, microscopy of rat-smc 2.1
    /// (tests/Consensus.ML.Benchmarks/RESULTS.md).
    /// </summary>
    public const double LargestSpread = 0.5;

    private readonly List<SigmaClippedScale> _scales = [];

    private double _mean, _deviation, _scaledMean, _scaledDeviation;

    /// <summary>The number of images.</summary>
    public int Count { get; private set; }

    /// <summary>The number of images that have contrast.</summary>
    public int CountWithContrast => _scales.Count;

    /// <summary>The range of all values.</summary>
    public ValueRange Range { get; private set; } = ValueRange.None;

    /// <summary>
    /// How much the images differ in level and contrast, at least 0: √(Var(m) / mean(s)² + Var(ln s)), with m and s the level and the
    /// contrast of an image. Images without contrast do not count: no number stands for theirs in all units.
    /// </summary>
    public double Spread
    {
        get
        {
            if (CountWithContrast == 0)
            {
                return 0;
            }

            double contrast = _scales.Average(scale => scale.Deviation);
            return Math.Sqrt(
                (Variance(_scales.Select(scale => scale.Mean)) / (contrast * contrast))
                + Variance(_scales.Select(scale => Math.Log(scale.Deviation))));
        }
    }

    /// <summary>Adds an image.</summary>
    /// <param name="values">Its values of the channel, at least one.</param>
    public void Add(ReadOnlySpan<float> values)
    {
        var scale = SigmaClippedScale.Measure(values);
        Count++;
        if (!scale.IsFlat)
        {
            _scales.Add(scale);
        }

        Range = Range.With(ValueRange.Measure(values, null));
        double[] read = new double[values.Length], scaled = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (read[i], scaled[i]) = (values[i], scale.Apply(values[i]));
        }

        (double mean, double deviation) = MeanAndDeviation(read);
        (_mean, _deviation) = (_mean + mean, _deviation + deviation);
        (mean, deviation) = MeanAndDeviation(scaled);
        (_scaledMean, _scaledDeviation) = (_scaledMean + mean, _scaledDeviation + deviation);
    }

    /// <summary>The means over images of the image's mean and of its population standard deviation; 0 where there are no images.</summary>
    /// <param name="scale">Whether the values are taken as they are, or each image's on its own scale.</param>
    public (double Mean, double Deviation) Of(NormalizationScale scale)
    {
        int count = Math.Max(1, Count);
        return scale == NormalizationScale.EachSlice
            ? (_scaledMean / count, _scaledDeviation / count)
            : (_mean / count, _deviation / count);
    }

    private static (double Mean, double Deviation) MeanAndDeviation(double[] values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        // Two passes are needed: with large values such as Hounsfield units, a sum of squares would lose the precision for a narrow
        // distribution.
        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Length));
    }

    private static double Variance(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return all.Average(value => (value - mean) * (value - mean));
    }
}
