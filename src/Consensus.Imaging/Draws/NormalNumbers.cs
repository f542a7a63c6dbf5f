namespace Consensus.Imaging.Draws;

/// <summary>Independent normal numbers of the mean 0 and the variance 1, from a seed (Box and Muller 1958).</summary>
/// <param name="seed">The seed.</param>
internal sealed class NormalNumbers(int seed)
{
    private readonly Random _random = new(seed);
    private double? _second;

    public double Next()
    {
        if (_second is double second)
        {
            _second = null;
            return second;
        }

        // 1 − u lies above 0, so its logarithm is finite.
        double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * _random.NextDouble());
        _second = radius * sine;
        return radius * cosine;
    }

    public void Fill(Span<float> numbers)
    {
        foreach (ref float number in numbers)
        {
            number = (float)Next();
        }
    }
}
