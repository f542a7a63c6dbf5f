using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consensus.ML.Torch.Kernels;

/// <summary>
/// Group normalisation of one sample's feature maps with what follows it, in one go: f(a · (x − μ) / √(σ² + ε) + b), where μ and σ² are of
/// the channel's group, and a and b are of the channel. Its gradient too. The channels of a pixel lie side by side.
/// </summary>
/// <typeparam name="T">What holds a number in memory.</typeparam>
/// <typeparam name="TFormat">How it is read and written.</typeparam>
/// <typeparam name="TActivation">f.</typeparam>
internal static unsafe class GroupNormKernel<T, TFormat, TActivation>
    where T : unmanaged
    where TFormat : INumberFormat<T>
    where TActivation : IElementwise
{
    // The channels of so many pixels stay in the processor's cache while one block of channels after another is computed. Sums of so many
    // numbers are exact enough in float32; they go on in float64.
    private const int Tile = 64;

    /// <summary>f(a · (x − μ) / √(σ² + ε) + b).</summary>
    /// <param name="shape">Channels, pixels and groups.</param>
    /// <param name="input">x, pixels×channels.</param>
    /// <param name="scale">a of each channel.</param>
    /// <param name="shift">b of each channel.</param>
    /// <param name="statistics">Receives the mean of each group and then 1 / √(σ² + ε) of each group.</param>
    /// <param name="output">Receives the result, pixels×channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(GroupNormShape shape, T* input, float* scale, float* shift, Span<float> statistics, T* output)
    {
        Measure(shape, input, statistics);
        int channels = shape.Channels;
        using var memory = new WorkingMemory(2 * sizeof(float) * channels);
        float* factors = memory.Take<float>(channels), terms = memory.Take<float>(channels);
        Affine(shape, scale, shift, statistics, factors, terms);
        for (int pixel = 0; pixel < shape.Pixels; pixel += Tile)
        {
            long tile = (long)pixel * channels;
            int pixels = Math.Min(Tile, shape.Pixels - pixel);
            for (int channel = 0; channel < channels; channel += NumberFormat.Block)
            {
                Float32Format.Read(factors + channel, out Vector512<float> factor1, out Vector512<float> factor2);
                Float32Format.Read(terms + channel, out Vector512<float> term1, out Vector512<float> term2);
                T* from = input + tile + channel, to = output + tile + channel;
                for (int i = 0; i < pixels; i++, from += channels, to += channels)
                {
                    TFormat.Read(from, out Vector512<float> x1, out Vector512<float> x2);
                    TFormat.Write(
                        to,
                        TActivation.Value(Vector512.FusedMultiplyAdd(x1, factor1, term1)),
                        TActivation.Value(Vector512.FusedMultiplyAdd(x2, factor2, term2)));
                }
            }
        }
    }

    /// <summary>The gradients of x, a and b.</summary>
    /// <param name="shape">Channels, pixels and groups.</param>
    /// <param name="input">x, pixels×channels.</param>
    /// <param name="scale">a of each channel.</param>
    /// <param name="shift">b of each channel.</param>
    /// <param name="statistics">What <see cref="Forward"/> wrote there.</param>
    /// <param name="gradient">The gradient of the result, pixels×channels.</param>
    /// <param name="ofInput">Receives the gradient of x, pixels×channels.</param>
    /// <param name="ofScale">Receives that of each a.</param>
    /// <param name="ofShift">Receives that of each b.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        GroupNormShape shape,
        T* input,
        float* scale,
        float* shift,
        ReadOnlySpan<float> statistics,
        T* gradient,
        T* ofInput,
        float* ofScale,
        float* ofShift)
    {
        int channels = shape.Channels, each = shape.ChannelsOfGroup;
        ReadOnlySpan<float> means = statistics[..shape.Groups], inverses = statistics[shape.Groups..];

        // x̂ = x · inverse + offset, and z = x · factor + term.
        using var memory = new WorkingMemory(((2 * sizeof(double)) + (6 * sizeof(float))) * channels);
        double* sums = memory.Take<double>(2 * channels);
        float* inverse = memory.Take<float>(channels), offset = memory.Take<float>(channels);
        float* factors = memory.Take<float>(channels), terms = memory.Take<float>(channels);
        Affine(shape, scale, shift, statistics, factors, terms);
        for (int channel = 0; channel < channels; channel++)
        {
            inverse[channel] = inverses[channel / each];
            offset[channel] = -means[channel / each] * inverse[channel];
        }

        // The gradient of z, which is kept where that of x will be, and its sums over the pixels: alone, and with x̂.
        for (int pixel = 0; pixel < shape.Pixels; pixel += Tile)
        {
            long tile = (long)pixel * channels;
            int pixels = Math.Min(Tile, shape.Pixels - pixel);
            for (int channel = 0; channel < channels; channel += NumberFormat.Block)
            {
                Float32Format.Read(factors + channel, out Vector512<float> factor1, out Vector512<float> factor2);
                Float32Format.Read(terms + channel, out Vector512<float> term1, out Vector512<float> term2);
                Float32Format.Read(inverse + channel, out Vector512<float> inverse1, out Vector512<float> inverse2);
                Float32Format.Read(offset + channel, out Vector512<float> offset1, out Vector512<float> offset2);
                Vector512<float> alone1 = default, alone2 = default, normed1 = default, normed2 = default;
                T* from = input + tile + channel, given = gradient + tile + channel, to = ofInput + tile + channel;
                for (int i = 0; i < pixels; i++, from += channels, given += channels, to += channels)
                {
                    TFormat.Read(from, out Vector512<float> x1, out Vector512<float> x2);
                    TFormat.Read(given, out Vector512<float> z1, out Vector512<float> z2);
                    z1 *= TActivation.Slope(Vector512.FusedMultiplyAdd(x1, factor1, term1));
                    z2 *= TActivation.Slope(Vector512.FusedMultiplyAdd(x2, factor2, term2));
                    TFormat.Write(to, z1, z2);
                    alone1 += z1;
                    alone2 += z2;
                    normed1 = Vector512.FusedMultiplyAdd(z1, Vector512.FusedMultiplyAdd(x1, inverse1, offset1), normed1);
                    normed2 = Vector512.FusedMultiplyAdd(z2, Vector512.FusedMultiplyAdd(x2, inverse2, offset2), normed2);
                }

                Add(sums + channel, alone1, alone2);
                Add(sums + channels + channel, normed1, normed2);
            }
        }

        for (int channel = 0; channel < channels; channel++)
        {
            ofShift[channel] = (float)sums[channel];
            ofScale[channel] = (float)sums[channels + channel];
        }

        // That of x: inverse · (a · dz − mean(a · dz) − x̂ · mean(a · dz · x̂)), with means over the group.
        float* ofNormed = memory.Take<float>(channels), always = memory.Take<float>(channels);
        double count = (double)each * shape.Pixels;
        for (int group = 0; group < shape.Groups; group++)
        {
            double alone = 0, withNormed = 0;
            for (int channel = group * each; channel < (group + 1) * each; channel++)
            {
                alone += (double)scale[channel] * ofShift[channel];
                withNormed += (double)scale[channel] * ofScale[channel];
            }

            for (int channel = group * each; channel < (group + 1) * each; channel++)
            {
                ofNormed[channel] = (float)(-inverses[group] * withNormed / count);
                always[channel] = (float)(-inverses[group] * alone / count);
            }
        }

        for (int pixel = 0; pixel < shape.Pixels; pixel += Tile)
        {
            long tile = (long)pixel * channels;
            int pixels = Math.Min(Tile, shape.Pixels - pixel);
            for (int channel = 0; channel < channels; channel += NumberFormat.Block)
            {
                Float32Format.Read(factors + channel, out Vector512<float> factor1, out Vector512<float> factor2);
                Float32Format.Read(inverse + channel, out Vector512<float> inverse1, out Vector512<float> inverse2);
                Float32Format.Read(offset + channel, out Vector512<float> offset1, out Vector512<float> offset2);
                Float32Format.Read(ofNormed + channel, out Vector512<float> ofNormed1, out Vector512<float> ofNormed2);
                Float32Format.Read(always + channel, out Vector512<float> always1, out Vector512<float> always2);
                T* from = input + tile + channel, to = ofInput + tile + channel;
                for (int i = 0; i < pixels; i++, from += channels, to += channels)
                {
                    TFormat.Read(from, out Vector512<float> x1, out Vector512<float> x2);
                    TFormat.Read(to, out Vector512<float> z1, out Vector512<float> z2);
                    Vector512<float> normed1 = Vector512.FusedMultiplyAdd(x1, inverse1, offset1);
                    Vector512<float> normed2 = Vector512.FusedMultiplyAdd(x2, inverse2, offset2);
                    TFormat.Write(
                        to,
                        Vector512.FusedMultiplyAdd(z1, factor1, Vector512.FusedMultiplyAdd(normed1, ofNormed1, always1)),
                        Vector512.FusedMultiplyAdd(z2, factor2, Vector512.FusedMultiplyAdd(normed2, ofNormed2, always2)));
                }
            }
        }
    }

    /// <summary>The mean and 1 / √(σ² + ε) of each group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Measure(GroupNormShape shape, T* input, Span<float> statistics)
    {
        int channels = shape.Channels, each = shape.ChannelsOfGroup;
        using var memory = new WorkingMemory(((2 * sizeof(double)) + sizeof(float)) * channels);
        double* sums = memory.Take<double>(2 * channels);
        float* pivots = memory.Take<float>(channels);

        // Distances from the first pixel: squares of the numbers themselves would lose the variance where the mean is large.
        for (int channel = 0; channel < channels; channel += NumberFormat.Block)
        {
            TFormat.Read(input + channel, out Vector512<float> pivot1, out Vector512<float> pivot2);
            Float32Format.Write(pivots + channel, pivot1, pivot2);
        }

        for (int pixel = 0; pixel < shape.Pixels; pixel += Tile)
        {
            long tile = (long)pixel * channels;
            int pixels = Math.Min(Tile, shape.Pixels - pixel);
            for (int channel = 0; channel < channels; channel += NumberFormat.Block)
            {
                Float32Format.Read(pivots + channel, out Vector512<float> pivot1, out Vector512<float> pivot2);
                Vector512<float> sum1 = default, sum2 = default, square1 = default, square2 = default;
                T* from = input + tile + channel;
                for (int i = 0; i < pixels; i++, from += channels)
                {
                    TFormat.Read(from, out Vector512<float> x1, out Vector512<float> x2);
                    x1 -= pivot1;
                    x2 -= pivot2;
                    sum1 += x1;
                    sum2 += x2;
                    square1 = Vector512.FusedMultiplyAdd(x1, x1, square1);
                    square2 = Vector512.FusedMultiplyAdd(x2, x2, square2);
                }

                Add(sums + channel, sum1, sum2);
                Add(sums + channels + channel, square1, square2);
            }
        }

        double count = (double)each * shape.Pixels;
        for (int group = 0; group < shape.Groups; group++)
        {
            double mean = 0, variance = 0;
            for (int channel = group * each; channel < (group + 1) * each; channel++)
            {
                mean += (sums[channel] + ((double)shape.Pixels * pivots[channel])) / count;
            }

            for (int channel = group * each; channel < (group + 1) * each; channel++)
            {
                double apart = mean - pivots[channel];
                variance += (sums[channels + channel] - (2 * apart * sums[channel]) + (shape.Pixels * apart * apart)) / count;
            }

            statistics[group] = (float)mean;
            statistics[shape.Groups + group] = (float)(1 / Math.Sqrt(Math.Max(variance, 0) + shape.Epsilon));
        }
    }

    /// <summary>z = x · factor + term, for each channel.</summary>
    private static void Affine(
        GroupNormShape shape, float* scale, float* shift, ReadOnlySpan<float> statistics, float* factors, float* terms)
    {
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            int group = channel / shape.ChannelsOfGroup;
            factors[channel] = scale[channel] * statistics[shape.Groups + group];
            terms[channel] = shift[channel] - (statistics[group] * factors[channel]);
        }
    }

    private static void Add(double* sums, Vector512<float> first, Vector512<float> second)
    {
        for (int i = 0; i < Vector512<float>.Count; i++)
        {
            sums[i] += first[i];
            sums[Vector512<float>.Count + i] += second[i];
        }
    }
}
