using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>CRPS: values by hand, and integrals that are summed up on a fine grid.</summary>
public sealed class RankedProbabilityTests
{
    [Fact]
    public void Steps_follow_by_hand()
    {
        // F is 0 below 1, 1/2 from 1 to 3, and 1 from 3 on. The step at 2: (1/2)² from 1 to 2, and (1/2 − 1)² from 2 to 3.
        Assert.Equal(0.5, RankedProbability.OfSteps([1, 3], 2), 1e-12);

        // The step at 5: (1/2)² over two units, and 1 over two units.
        Assert.Equal(2.5, RankedProbability.OfSteps([1, 3], 5), 1e-12);
        Assert.Equal(0.5, RankedProbability.OfSteps([3, 1], 1), 1e-12);

        // For one number, or equal ones, it is the absolute difference.
        Assert.Equal(3, RankedProbability.OfSteps([7], 4), 1e-12);
        Assert.Equal(3, RankedProbability.OfSteps([7, 7, 7], 4), 1e-12);
        Assert.Equal(0, RankedProbability.OfSteps([7, 7], 7));
    }

    [Fact]
    public void The_normal_distribution_follows_by_hand()
    {
        // Mean 2, deviation 1. At the mean: 2·φ(0) − 1/√π = (√2 − 1)/√π.
        Assert.Equal((Math.Sqrt(2) - 1) / Math.Sqrt(Math.PI), RankedProbability.OfNormal([1, 3], 2), 1e-12);

        // Ten times as far apart, ten times the score.
        Assert.Equal(10 * (Math.Sqrt(2) - 1) / Math.Sqrt(Math.PI), RankedProbability.OfNormal([10, 30], 20), 1e-12);

        // Far away, it is the distance less the half of the mean difference of two draws, 1/√π for the deviation 1.
        Assert.Equal(100 - (1 / Math.Sqrt(Math.PI)), RankedProbability.OfNormal([1, 3], 102), 1e-9);
        Assert.Equal(4, RankedProbability.OfNormal([5, 5, 5], 9), 1e-12);
        Assert.Equal(double.NaN, RankedProbability.OfNormal([1, 3], double.NaN));
    }

    [Fact]
    public void Within_three_deviations_it_stops_growing_as_the_challenge_does()
    {
        double near = RankedProbability.OfNormal([1, 3], 5, 3);
        Assert.Equal(near, RankedProbability.OfNormal([1, 3], 500, 3), 1e-12);
        Assert.Equal(0, RankedProbability.OfNormal([5, 5], 9, 3));
        Assert.Equal(RankedProbability.OfNormal([1, 3], 2.4), RankedProbability.OfNormal([1, 3], 2.4, 40), 1e-12);
    }

    [Theory]
    [InlineData(12.5, double.PositiveInfinity)]
    [InlineData(31.0, double.PositiveInfinity)]
    [InlineData(-4.0, double.PositiveInfinity)]
    [InlineData(12.5, 3)]
    [InlineData(45.0, 3)]
    public void Both_equal_their_integrals(double predicted, double deviations)
    {
        double[] values = [10, 14, 14, 23, 7];
        double mean = values.Average(), spread = Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2)));
        Assert.Equal(
            Integral(y => values.Count(value => value <= y) / 5.0, predicted, -50, 100),
            RankedProbability.OfSteps(values, predicted),
            2e-3);
        double reach = double.IsInfinity(deviations) ? 20 : deviations;
        Assert.Equal(
            Integral(y => Normal((y - mean) / spread), predicted, mean - (reach * spread), mean + (reach * spread)),
            RankedProbability.OfNormal(values, predicted, deviations),
            2e-3);
    }

    [Fact]
    public void The_normal_distribution_function_equals_its_integral()
    {
        // The first three values are in every table.
        Assert.Equal(0.5, RankedProbability.Cumulative(0));
        Assert.Equal(0.841344746068543, RankedProbability.Cumulative(1), 1e-14);
        Assert.Equal(0.0249978951482205, RankedProbability.Cumulative(-1.96), 1e-14);
        Assert.Equal((0.0, 1.0), (RankedProbability.Cumulative(-40), RankedProbability.Cumulative(40)));
        Assert.Equal(1, RankedProbability.Cumulative(8.9) + RankedProbability.Cumulative(-8.9), 1e-15);
        Assert.Equal(Normal(2.5), RankedProbability.Cumulative(2.5), 1e-7);
    }

    private static double Integral(Func<double, double> distribution, double predicted, double from, double to)
    {
        const int Parts = 200_000;
        double step = (to - from) / Parts, sum = 0;
        for (int i = 0; i < Parts; i++)
        {
            double y = from + ((i + 0.5) * step);
            sum += Math.Pow(distribution(y) - (y >= predicted ? 1 : 0), 2) * step;
        }

        return sum;
    }

    /// <summary>The normal distribution function to seven decimals (Abramowitz and Stegun 1964, 26.2.17).</summary>
    private static double Normal(double z)
    {
        double t = 1 / (1 + (0.2316419 * Math.Abs(z))),
            tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)
                * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return z < 0 ? tail : 1 - tail;
    }
}
