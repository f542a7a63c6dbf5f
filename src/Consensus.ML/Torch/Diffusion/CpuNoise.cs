namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// The numbers that torch's generator on the CPU draws for a seed, without torch: the Mersenne Twister (Matsumoto and Nishimura 1998,
/// MT19937) and torch's way to normal numbers. A graph without libtorch so gets the noise of the model that it was made from. Equal to
/// torch up to the rounding of its vectorised logarithms and cosines (some 5e-7).
/// </summary>
internal sealed class CpuNoise
{
    // The constants of MT19937.
    private const int Words = 624, Middle = 397;
    private const uint Twist = 0x9908b0df, Upper = 0x80000000, Lower = 0x7fffffff;

    // Torch fills arrays of at least this many numbers in groups of 16, and draws fewer one by one.
    private const int Group = 16;

    private readonly uint[] _state = new uint[Words];
    private int _next = Words;
    private double? _kept;

    /// <param name="seed">The seed, of which torch uses the lower 32 bits.</param>
    public CpuNoise(ulong seed)
    {
        _state[0] = (uint)seed;
        for (uint i = 1; i < Words; i++)
        {
            _state[i] = (1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }
    }

    /// <summary>What one call of torch's <c>randn</c> for this many float32 numbers gives.</summary>
    public float[] Normal(int count)
    {
        var values = new float[count];
        if (count < Group)
        {
            for (int i = 0; i < count; i++)
            {
                values[i] = (float)NextNormal();
            }

            return values;
        }

        Fill(values);
        for (int first = 0; first + Group <= count; first += Group)
        {
            ToNormal(values.AsSpan(first, Group));
        }

        if (count % Group != 0)
        {
            // Torch draws the last 16 numbers again, some of which stand in the last full group.
            Span<float> last = values.AsSpan(count - Group);
            Fill(last);
            ToNormal(last);
        }

        return values;
    }

    /// <summary>Pairs of uniform numbers to pairs of normal numbers (Box and Muller 1958); the pairs stand 8 numbers apart.</summary>
    private static void ToNormal(Span<float> values)
    {
        for (int i = 0; i < Group / 2; i++)
        {
            float radius = MathF.Sqrt(-2 * MathF.Log(1 - values[i])), angle = 2 * MathF.PI * values[i + (Group / 2)];
            values[i] = radius * MathF.Cos(angle);
            values[i + (Group / 2)] = radius * MathF.Sin(angle);
        }
    }

    // 24 random bits, as many as a float32 holds.
    private void Fill(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = (NextWord() & 0xffffff) * (1f / (1 << 24));
        }
    }

    private double NextNormal()
    {
        if (_kept is double kept)
        {
            _kept = null;
            return kept;
        }

        double angle = 2 * Math.PI * NextDouble(), radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        _kept = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    // 53 random bits, as many as a float64 holds.
    private double NextDouble()
    {
        ulong high = NextWord(), low = NextWord();
        return (((high << 32) | low) & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private uint NextWord()
    {
        if (_next == Words)
        {
            for (int i = 0; i < Words; i++)
            {
                uint joined = (_state[i] & Upper) | (_state[(i + 1) % Words] & Lower);
                _state[i] = _state[(i + Middle) % Words] ^ (joined >> 1) ^ ((joined & 1) == 0 ? 0 : Twist);
            }

            _next = 0;
        }

        uint word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c5680;
        word ^= (word << 15) & 0xefc60000;
        return word ^ (word >> 18);
    }
}
