using System.Runtime.Intrinsics;
using Consensus.ML.Torch.Kernels;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>The exponential of the kernels, against the one of .NET in float64.</summary>
public sealed class ExponentialTests
{
    [Fact]
    public void It_is_within_two_units_in_the_last_place()
    {
        for (double x = -87; x <= 88; x += 0.00137)
        {
            float given = (float)x, expected = (float)Math.Exp(given);
            Assert.Equal(expected, Exp(given), 2 * (MathF.BitIncrement(expected) - expected));
        }
    }

    [Fact]
    public void It_is_exact_at_0_and_ends_at_the_bounds_of_the_format()
    {
        Assert.Equal(1, Exp(0));
        Assert.Equal(float.NaN, Exp(float.NaN));
        foreach (float small in new[] { -88, -1e30f, float.NegativeInfinity })
        {
            Assert.InRange(Exp(small), 0, 1.3e-38f);
        }

        foreach (float large in new[] { 89, 1e30f, float.PositiveInfinity })
        {
            Assert.InRange(Exp(large), 2e38f, float.MaxValue);
        }
    }

    private static float Exp(float x) => Exponential.Of(Vector512.Create(x))[7];
}
