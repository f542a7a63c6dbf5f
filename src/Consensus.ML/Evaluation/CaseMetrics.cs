namespace Consensus.ML;

/// <summary>Every score of one case. All lie in [0, 1], and higher is better.</summary>
public sealed record CaseMetrics
{
    /// <summary>The case's name.</summary>
    public required string Name { get; init; }

    /// <summary>Rows of the maps that were compared.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the maps that were compared.</summary>
    public required int Width { get; init; }

    /// <summary>How many raters the true soft map is made of.</summary>
    public required int Raters { get; init; }

    /// <summary>Soft Dice at the thresholds 0.1, 0.3, 0.5, 0.7, 0.9 (<see cref="SoftDice.FiveThresholds"/>).</summary>
    public required double SoftDice5 { get; init; }

    /// <summary>Soft Dice at the thresholds 0.1, 0.2, … 0.9 (<see cref="SoftDice.NineThresholds"/>).</summary>
    public required double SoftDice9 { get; init; }

    /// <summary>Dice at each of <see cref="SoftDice.NineThresholds"/>, in that order.</summary>
    public required IReadOnlyList<double> DiceAtThresholds { get; init; }

    /// <summary>F1 of the rounded maps (<see cref="RoundedMaps.F1"/>).</summary>
    public required double F1 { get; init; }

    /// <summary>Intersection over union of the rounded maps (<see cref="RoundedMaps.IntersectionOverUnion"/>).</summary>
    public required double IntersectionOverUnion { get; init; }

    /// <summary>Smaller over larger area of the rounded maps (<see cref="RoundedMaps.AreaRatio"/>).</summary>
    public required double AreaRatio { get; init; }

    /// <summary>Boundary F of the rounded maps (<see cref="BoundaryScore.Mean"/>).</summary>
    public required double BoundaryF { get; init; }

    /// <summary>Scores a predicted soft map against the true one.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="prediction">Predicted soft map, row by row, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, row by row, in [0, 1].</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="raters">How many raters <paramref name="truth"/> is made of, at least 1.</param>
    /// <exception cref="ArgumentException">A map has not height × width values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension or the number of raters is below 1.</exception>
    public static CaseMetrics Compute(string name, ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, int height, int width, int raters)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(raters, 1);
        double boundary = BoundaryScore.Mean(prediction, truth, height, width);
        double[] dice = SoftDice.AtEach(prediction, truth, SoftDice.NineThresholds);
        return new()
        {
            Name = name,
            Height = height,
            Width = width,
            Raters = raters,
            SoftDice5 = SoftDice.Mean(prediction, truth, SoftDice.FiveThresholds),
            SoftDice9 = dice.Average(),
            DiceAtThresholds = Array.AsReadOnly(dice),
            F1 = RoundedMaps.F1(prediction, truth),
            IntersectionOverUnion = RoundedMaps.IntersectionOverUnion(prediction, truth),
            AreaRatio = RoundedMaps.AreaRatio(prediction, truth),
            BoundaryF = boundary,
        };
    }
}
