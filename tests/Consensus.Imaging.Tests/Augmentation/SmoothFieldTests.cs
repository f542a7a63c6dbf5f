using Consensus.Imaging.Augmentation;

namespace Consensus.Imaging.Tests.Augmentation;

public sealed class SmoothFieldTests
{
    private const int Side = 6;

    [Fact]
    public void A_single_control_point_moves_its_surroundings_as_a_cubic_spline_does()
    {
        // There are three intervals of two pixels, and 6×6 points. The third point of a row lies at the left end of the second interval,
        // at pixel position 1.5.
        var rows = new double[SmoothField.Count];
        rows[(2 * 6) + 2] = 9;
        var field = new SmoothField(rows, new double[SmoothField.Count], Side, Side);

        // At this position, the spline gives the point the weight 2/3 along each axis. One interval further, the weight is 1/6.
        Assert.Equal(9 * (2.0 / 3) * (2.0 / 3), field.At(1.5, 1.5).Rows, 1e-12);
        Assert.Equal(9 * (2.0 / 3) * (1.0 / 6), field.At(1.5, 3.5).Rows, 1e-12);
        Assert.Equal(9 * (1.0 / 6) * (1.0 / 6), field.At(3.5, 3.5).Rows, 1e-12);

        // Half an interval further, the weight is (3·⅛ − 6·¼ + 4) / 6 = 23/48.
        Assert.Equal(9 * (2.0 / 3) * (23.0 / 48), field.At(1.5, 2.5).Rows, 1e-12);
        Assert.Equal(0, field.At(1.5, 1.5).Columns);
    }

    [Fact]
    public void Displacements_that_grow_evenly_stay_straight()
    {
        // A cubic B-spline reproduces straight lines. So a field that is linear at its points is also linear between them.
        double[] columns = [.. Enumerable.Range(0, SmoothField.Count).Select(i => (double)(i % 6))];
        var field = new SmoothField(new double[SmoothField.Count], columns, Side, Side);
        for (int column = 0; column < Side; column++)
        {
            Assert.Equal(((column + 0.5) / 2) + 1, field.At(3, column).Columns, 1e-12);
        }
    }

    [Fact]
    public void Draws_follow_the_seed_and_have_the_deviation_asked_for()
    {
        SmoothField Draw(int seed) => SmoothField.Draw(0.1, 50, 200, new Random(seed));
        Assert.Equal(Draw(1).At(20, 30), Draw(1).At(20, 30));
        Assert.NotEqual(Draw(1).At(20, 30), Draw(2).At(20, 30));

        // At an inner control point, the weights are (1/6, 2/3, 1/6) along each axis. For independent displacements with standard
        // deviation d, the deviation there is √(1/36 + 16/36 + 1/36)² · d = ½ d.
        (double Rows, double Columns)[] draws =
        [
            .. Enumerable.Range(0, 4000).Select(seed => Draw(seed).At((50 / 3.0) - 0.5, (200 / 3.0) - 0.5)),
        ];
        Assert.Equal(0.5 * 5, Math.Sqrt(draws.Average(draw => draw.Rows * draw.Rows)), 0.15);
        Assert.Equal(0.5 * 20, Math.Sqrt(draws.Average(draw => draw.Columns * draw.Columns)), 0.6);
    }
}
