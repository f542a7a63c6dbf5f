using System.Numerics;
using System.Runtime.InteropServices;

namespace Consensus.Imaging.Draws;

/// <summary>
/// A smooth random field: at every pixel a normal number of the mean 0 and the variance 1, correlated with its neighbours by
/// <c>exp(−d²/(2ℓ²))</c> at the distance d.
/// </summary>
/// <remarks>
/// White noise is smoothed with a Gaussian kernel of the standard deviation ℓ/√2, cut at three of them. The squares of the weights sum to
/// 1, and the noise reaches beyond the map as far as the kernel does. So the variance is 1 at the edges too, with nothing to correct.
/// </remarks>
internal sealed class GaussianField
{
    private readonly float[] _weights;

    /// <param name="length">ℓ in pixels, above 0.</param>
    public GaussianField(double length)
    {
        double deviation = length / Math.Sqrt(2);
        Reach = (int)Math.Ceiling(3 * deviation);
        double[] weights =
            [.. Enumerable.Range(-Reach, (2 * Reach) + 1).Select(at => Math.Exp(-at * at / (2 * deviation * deviation)))];
        double norm = Math.Sqrt(weights.Sum(weight => weight * weight));
        _weights = Array.ConvertAll(weights, weight => (float)(weight / norm));
    }

    /// <summary>How many pixels of noise are needed beyond each edge of the map.</summary>
    public int Reach { get; }

    /// <summary>Draws a field.</summary>
    /// <returns>Height × width values, row by row.</returns>
    public float[] Draw(NormalNumbers random, int height, int width)
    {
        var noise = new float[checked((height + (2 * Reach)) * (width + (2 * Reach)))];
        random.Fill(noise);
        return Smooth(noise, height, width);
    }

    /// <summary>Smooths noise of (height + 2·Reach) × (width + 2·Reach) values.</summary>
    internal float[] Smooth(ReadOnlySpan<float> noise, int height, int width)
    {
        int wide = width + (2 * Reach), tall = height + (2 * Reach);
        var rows = new float[tall * width];
        var field = new float[height * width];
        for (int tap = 0; tap < _weights.Length; tap++)
        {
            for (int row = 0; row < tall; row++)
            {
                AddTo(rows.AsSpan(row * width, width), noise.Slice((row * wide) + tap, width), _weights[tap]);
            }
        }

        for (int tap = 0; tap < _weights.Length; tap++)
        {
            AddTo(field, rows.AsSpan(tap * width, height * width), _weights[tap]);
        }

        return field;
    }

    private static void AddTo(Span<float> sum, ReadOnlySpan<float> values, float weight)
    {
        Span<Vector<float>> sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        ReadOnlySpan<Vector<float>> many = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += many[i] * weight;
        }

        for (int i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            sum[i] += values[i] * weight;
        }
    }
}
