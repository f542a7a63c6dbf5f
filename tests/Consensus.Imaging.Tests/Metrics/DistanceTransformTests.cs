using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class DistanceTransformTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 17, 1, 0.3)]
    [InlineData(13, 1, 2.5, 1)]
    [InlineData(9, 12, 1, 1)]
    [InlineData(11, 7, 0.7, 3.1)]
    [InlineData(8, 8, 4, 0.25)]
    public void Distances_are_those_of_every_pixel_to_every_target(int height, int width, double rows, double columns)
    {
        var random = new Random(height + (100 * width));
        foreach (double density in (double[])[0.02, 0.1, 0.5, 1])
        {
            bool[] targets = [.. Enumerable.Range(0, height * width).Select(_ => random.NextDouble() < density)];
            double[] squared = DistanceTransform.Squared(targets, height, width, rows, columns);
            for (int at = 0; at < targets.Length; at++)
            {
                double nearest = double.PositiveInfinity;
                for (int other = 0; other < targets.Length; other++)
                {
                    double down = ((at / width) - (other / width)) * rows, right = ((at % width) - (other % width)) * columns;
                    nearest = targets[other] ? Math.Min(nearest, (down * down) + (right * right)) : nearest;
                }

                Assert.Equal(nearest, squared[at], 1e-9);
            }
        }
    }

    [Fact]
    public void Without_a_target_everything_is_infinitely_far() =>
        Assert.All(DistanceTransform.Squared(new bool[12], 3, 4, 1, 1), distance => Assert.Equal(double.PositiveInfinity, distance));
}
