
namespace Consensus.Imaging.Draws;

/// <summary>
/// How often raters marked both pixels of a pair, beside how many of them marked each. From it follows the tetrachoric correlation
/// (Pearson, Philosophical Transactions A 195, 1900): that of two normal numbers which fall below their thresholds together as often.
/// </summary>
internal sealed class MarkedTogether
{
    private const int Intervals = 64;

    // By the number of raters, and by the votes of the pixel with fewer and with more of them.
    private readonly Dictionary<(int Raters, int Fewer, int More), long> _pairs = [];
    private double _both;

    /// <summary>Number of pairs.</summary>
    public long Pairs { get; private set; }

    /// <summary>Adds a pair.</summary>
    /// <param name="raters">Number of raters of the case.</param>
    /// <param name="one">How many marked one pixel.</param>
    /// <param name="other">How many marked the other.</param>
    /// <param name="both">How many marked both.</param>
    public void Add(int raters, int one, int other, int both)
    {
        (int, int, int) key = (raters, Math.Min(one, other), Math.Max(one, other));
        _pairs[key] = _pairs.GetValueOrDefault(key) + 1;
        _both += (double)both / raters;
        Pairs++;
    }

    /// <summary>
    /// The correlation r in [−1, 1] with which Σ Φ₂(h, k; r) over the pairs is the sum of the shares of raters who marked both, where h and
    /// k are Φ⁻¹ of the shares who marked each. Pairs of all cases count together.
    /// </summary>
    public double Correlation()
    {
        (long Count, double H, double K)[] pairs =
        [
            .. _pairs.OrderBy(pair => pair.Key).Select(pair => (
                pair.Value, MarkingThresholds.Quantile((double)pair.Key.Fewer / pair.Key.Raters),
                MarkingThresholds.Quantile((double)pair.Key.More / pair.Key.Raters))),
        ];
        double byChance = _pairs.Sum(pair => (double)pair.Value * pair.Key.Fewer * pair.Key.More / pair.Key.Raters / pair.Key.Raters),
            excess = _both - byChance;

        // By Plackett (Biometrika 41, 1954), the excess over chance is the integral of the density over arcsin r from 0.
        (double below, double above) = (-Math.PI / 2, Math.PI / 2);
        for (int halving = 0; halving < 40; halving++)
        {
            double middle = (below + above) / 2;
            (below, above) = pairs.Sum(pair => pair.Count * Excess(pair.H, pair.K, middle)) < excess ? (middle, above) : (below, middle);
        }

        return Math.Sin((below + above) / 2);
    }

    /// <summary>
    /// Φ₂(h, k; sin a) − Φ(h)·Φ(k), by Simpson's rule: the integral over t from 0 to a of
    /// exp(−(h² + k² − 2hk·sin t)/(2cos²t))/(2π).
    /// </summary>
    internal static double Excess(double h, double k, double angle)
    {
        double sum = 0, step = angle / Intervals;
        for (int i = 0; i <= Intervals; i++)
        {
            (double sine, double cosine) = Math.SinCos(i * step);
            double distance = (h * h) + (k * k) - (2 * h * k * sine), squares = 2 * cosine * cosine;

            // At a correlation of ±1 the exponent is a limit, which rounding would spoil.
            double exponent = squares > 1e-12 ? distance / squares : distance > 1e-9 ? double.PositiveInfinity : h * h / 2;
            sum += Math.Exp(-exponent) * (i is 0 or Intervals ? 1 : i % 2 == 1 ? 4 : 2);
        }

        return sum * step / 3 / (2 * Math.PI);
    }
}
