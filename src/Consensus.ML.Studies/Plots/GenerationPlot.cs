using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>Draws the score against the number of generations.</summary>
internal static class GenerationPlot
{
    public static byte[] Draw(IReadOnlyList<MethodResult> methods, MethodStyles styles)
    {
        PlotModel model = Plot.Create().WithLegend();
        (double low, double high) = Plot.AroundScores(
            methods.SelectMany(method => method.GenerationCounts.Select(count => method.ScoreAfter(count))));
        model.Axes.Add(
            new LinearAxis { Minimum = 0, MinimumMajorStep = 1, MaximumPadding = 0.03 }.With(AxisPosition.Bottom, "generations averaged"));
        model.Axes.Add(new LinearAxis { Minimum = low, Maximum = high }.With(AxisPosition.Left, "soft Dice, 5 thresholds"));
        foreach (MethodResult method in methods)
        {
            LineSeries line = Lines.Create(styles[method], method.Name);
            line.Points.AddRange(
                method.GenerationCounts.Select(count => new DataPoint(count, method.ScoreAfter(count))));
            model.Series.Add(line);
        }

        return model.ToSvg(340);
    }
}
