using Consensus.Imaging.Draws;

namespace Consensus.Imaging.Tests.Draws;

/// <summary>The field is linear in its noise: what each pixel of the noise adds says exactly how the field varies.</summary>
public sealed class GaussianFieldTests
{
    private const int Height = 4, Width = 19;

    [Theory]
    [InlineData(0.3)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_pixel_has_the_variance_1_at_the_edges_too(double length)
    {
        double[] variances = new double[Height * Width];
        foreach (float[] response in Responses(length))
        {
            for (int i = 0; i < variances.Length; i++)
            {
                variances[i] += response[i] * response[i];
            }
        }

        Assert.All(variances, variance => Assert.Equal(1, variance, 1e-5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void Pixels_at_a_distance_are_correlated_by_the_square_exponential(int distance)
    {
        const double Length = 3;
        double correlation = Responses(Length).Sum(response => (double)response[Width] * response[Width + distance]);
        Assert.Equal(Math.Exp(-distance * distance / (2 * Length * Length)), correlation, 0.005);
    }

    private static IEnumerable<float[]> Responses(double length)
    {
        var field = new GaussianField(length);
        float[] noise = new float[(Height + (2 * field.Reach)) * (Width + (2 * field.Reach))];
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] = 1;
            yield return field.Smooth(noise, Height, Width);
            noise[i] = 0;
        }
    }
}
