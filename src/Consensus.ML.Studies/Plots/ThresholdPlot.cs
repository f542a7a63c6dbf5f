using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>Draws Dice at each threshold.</summary>
internal static class ThresholdPlot
{
    public static byte[] Draw(IReadOnlyList<MethodResult> methods, MethodStyles styles)
    {
        PlotModel model = Plot.Create().WithLegend();
        (double low, double high) = Plot.AroundScores(
            methods.SelectMany(method => SoftDice.NineThresholds.Select(threshold => At(method, threshold))));
        model.Axes.Add(new LinearAxis { Minimum = 0.05, Maximum = 0.95, MajorStep = 0.1, StringFormat = "0.0" }
            .With(AxisPosition.Bottom, "threshold (share of raters)"));
        model.Axes.Add(new LinearAxis { Minimum = low, Maximum = high }.With(AxisPosition.Left, "Dice"));
        foreach (MethodResult method in methods)
        {
            LineSeries line = Lines.Create(styles[method], method.Name);
            line.Points.AddRange(SoftDice.NineThresholds.Select(threshold => new DataPoint(threshold, At(method, threshold))));
            model.Series.Add(line);
        }

        return model.ToSvg(360);
    }

    private static double At(MethodResult method, float threshold) => method.Score(MethodResult.ScoreNameAt(threshold)).Mean;
}
