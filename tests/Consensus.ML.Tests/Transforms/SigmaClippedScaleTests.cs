using Consensus.ML.Transforms;

namespace Consensus.ML.Tests.Transforms;

/// <summary>The scale of one slice, with values by hand.</summary>
public sealed class SigmaClippedScaleTests
{
    [Fact]
    public void Bright_specks_take_no_contrast_from_the_others()
    {
        // Of 98 values of ±1 and two of 1000 the mean is 20 and the deviation 140: the two lie at 7 deviations.
        float[] values = [.. Enumerable.Range(0, 98).Select(i => i % 2 == 0 ? 1f : -1f), 1000, 1000];
        var scale = SigmaClippedScale.Measure(values);
        Assert.Equal(0, scale.Mean, 1e-12);
        Assert.Equal(1, scale.Deviation, 1e-12);
        Assert.Equal(-1, scale.Apply(-1), 1e-12);
        Assert.Equal(3, scale.Apply(3), 1e-12);
        Assert.Equal(3 + Math.Log(998), scale.Apply(1000), 1e-9);
        Assert.Equal(-3 - Math.Log(2), scale.Apply(-4), 1e-12);
    }

    [Fact]
    public void Pixels_are_left_out_until_nothing_changes()
    {
        // 25 values of 10 hide behind five of 1000: the deviation is 107 with those, and 2.5 without. Then they are left out as well.
        float[] values =
        [
            .. Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? 1f : -1f), .. Enumerable.Repeat(10f, 25), .. Enumerable.Repeat(1000f, 5),
        ];
        var scale = SigmaClippedScale.Measure(values);
        Assert.Equal((0, 1), (Math.Round(scale.Mean, 12), Math.Round(scale.Deviation, 12)));
    }

    [Fact]
    public void Without_outliers_it_is_the_mean_and_the_population_deviation()
    {
        var scale = SigmaClippedScale.Measure([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.Equal(5, scale.Mean, 1e-12);
        Assert.Equal(2, scale.Deviation, 1e-12);
    }

    [Fact]
    public void A_slice_of_one_value_is_shifted_only()
    {
        var scale = SigmaClippedScale.Measure([.. Enumerable.Repeat(0.1f, 1000)]);
        Assert.Equal(1, scale.Deviation);
        Assert.Equal(0, scale.Apply(0.1f), 1e-12);
    }

    [Fact]
    public void Few_pixels_on_a_background_of_one_value_stay_visible()
    {
        // The mean is 0.05 and the deviation √(0.05 · 0.95). Without the five, there would be none.
        var scale = SigmaClippedScale.Measure([.. Enumerable.Repeat(0f, 95), .. Enumerable.Repeat(1f, 5)]);
        Assert.Equal(0.05, scale.Mean, 1e-9);
        Assert.Equal(Math.Sqrt(0.0475), scale.Deviation, 1e-9);
        Assert.Equal(3 + Math.Log((0.95 / Math.Sqrt(0.0475)) - 2), scale.Apply(1), 1e-9);
    }

    [Fact]
    public void Another_exposure_changes_nothing()
    {
        var random = new Random(1);
        float[] values =
            [.. Enumerable.Range(0, 4096).Select(i => (float)(i % 50 == 0 ? random.Next(100, 200) : random.NextDouble() * 10))];
        float[] exposed = [.. values.Select(value => (0.25f * value) + 64)];
        SigmaClippedScale scale = SigmaClippedScale.Measure(values), other = SigmaClippedScale.Measure(exposed);
        Assert.All(values.Zip(exposed), pair => Assert.Equal(scale.Apply(pair.First), other.Apply(pair.Second), 1e-5));
    }

    [Fact]
    public void The_order_of_values_is_kept()
    {
        var scale = new SigmaClippedScale(0, 1);
        double[] all = [-1e9, -50, -3.1, -3, -2.9, 0, 2.9, 3, 3.1, 50, 1e9];
        Assert.Equal(all.Length, all.Select(scale.Apply).Distinct().Count());
        Assert.Equal(all.Select(scale.Apply).Order(), all.Select(scale.Apply));
    }

    [Fact]
    public void The_spread_is_that_of_levels_and_contrasts()
    {
        // Levels 0 and 8, contrasts 1 and e²: means 4 and (1 + e²) / 2, variances 16 and 1.
        var statistics = new ImageStatistics();
        float wide = MathF.Exp(2);
        statistics.Add([-1, 1]);
        statistics.Add([8 - wide, 8 + wide]);
        double contrast = (1 + Math.Exp(2)) / 2;
        Assert.Equal(Math.Sqrt((16 / (contrast * contrast)) + 1), statistics.Spread, 1e-6);

        // As they are: mean of the means 4, of the deviations as above. On their own scales: 0 and 1.
        Assert.Equal(4, statistics.Of(NormalizationScale.TrainingSet).Mean, 1e-6);
        Assert.Equal(contrast, statistics.Of(NormalizationScale.TrainingSet).Deviation, 1e-6);
        Assert.Equal(0, statistics.Of(NormalizationScale.EachSlice).Mean, 1e-6);
        Assert.Equal(1, statistics.Of(NormalizationScale.EachSlice).Deviation, 1e-6);
    }
}
