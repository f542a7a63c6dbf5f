using System.Globalization;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Whether maps say by themselves which of them are wrong: the area under the risk-coverage curve over cases (AURC; Geifman et al., ICLR
/// 2019). Cases are taken in the order of <see cref="CaseMetrics.ExpectedDice"/>, which needs no rater, the highest first. The risk of a
/// case is 1 − <see cref="CaseMetrics.SoftDice5"/>, and the area is the mean over k = 1 … n of the mean risk of the first k of n cases.
/// Cases of equal expected Dice count with their mean risk.
/// </summary>
/// <param name="Area">The area, in [0, 1]; lower is better. NaN for fewer than two cases.</param>
/// <param name="Excess">E-AURC: the area less that of the best order, which takes the cases by their risk. In [0, 1]; 0 is best.</param>
/// <param name="ByChance">What any order has on average: the mean risk, 1 − soft Dice. An area above it is worse than chance.</param>
public sealed record CaseRiskCoverage(double Area, double Excess, double ByChance)
{
    /// <summary>Computes it from the values of cases; those that lack one do not count.</summary>
    /// <param name="expectedDice">The expected Dice of each case, in [0, 1] or NaN.</param>
    /// <param name="softDice">The soft Dice of each case, in the same order, in [0, 1] or NaN.</param>
    /// <exception cref="ArgumentException">There are more values of one kind than of the other.</exception>
    public static CaseRiskCoverage Compute(IReadOnlyList<double> expectedDice, IReadOnlyList<double> softDice)
    {
        ArgumentNullException.ThrowIfNull(expectedDice);
        ArgumentNullException.ThrowIfNull(softDice);
        if (expectedDice.Count != softDice.Count)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"There are {expectedDice.Count} values of the expected Dice and {softDice.Count} of the soft Dice; each case "
                    + $"has one of both."),
                nameof(softDice));
        }

        int[] known = [.. Enumerable.Range(0, softDice.Count).Where(i => !double.IsNaN(expectedDice[i]) && !double.IsNaN(softDice[i]))];
        if (known.Length < 2)
        {
            return new(double.NaN, double.NaN, double.NaN);
        }

        var curve = RiskCoverage.OfOrder(
            Array.ConvertAll(known, i => (float)(1 - expectedDice[i])), Array.ConvertAll(known, i => (float)(1 - softDice[i])));
        return new(curve.Area, curve.Excess, known.Average(i => 1 - softDice[i]));
    }
}
