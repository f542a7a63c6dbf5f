namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// Random numbers for phantoms. Each purpose has its own stream, which is named by the seed and the purpose. So more numbers for one
/// purpose (a rater, a task) do not change another (the image).
/// </summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Its numbers do not depend on the version of the framework.</remarks>
internal sealed class PhantomRandom
{
    private ulong _state;
    private double? _spare;

    public PhantomRandom(int seed, string purpose, params ReadOnlySpan<int> indices)
    {
        // FNV-1a over all parts of the name of the stream. One round of the generator then mixes the bits.
        ulong hash = 14695981039346656037;
        foreach (char letter in purpose)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        hash = (hash ^ (uint)seed) * 1099511628211;
        foreach (int index in indices)
        {
            hash = (hash ^ (uint)index) * 1099511628211;
        }

        _state = hash;
        _state = NextBits();
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Next(double low, double high) => low + ((high - low) * Next());

    /// <summary>Uniform in 0 … count − 1.</summary>
    public int NextIndex(int count) => (int)(Next() * count);

    /// <summary>Standard normal (Box and Muller's method, both values used).</summary>
    public double NextNormal()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        double radius = Math.Sqrt(-2 * Math.Log(1 - Next()));
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * Next());
        _spare = radius * sine;
        return radius * cosine;
    }

    private ulong NextBits()
    {
        ulong bits = _state += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
