using Consensus.ML.Studies.Reports;
using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>The score against the number of generations.</summary>
internal static class GenerationPlot
{
    public static byte[] Draw(ReportContext context, IReadOnlyList<MethodResult> methods)
    {
        PlotModel model = Plot.Create().WithLegend();
        (double low, double high) = Plot.AroundScores(
            methods.SelectMany(method => GenerationSection.Counts(method).Select(count => GenerationSection.After(method, count))));
        model.Axes.Add(
            new LinearAxis { Minimum = 0, MinimumMajorStep = 1, MaximumPadding = 0.03 }.With(AxisPosition.Bottom, "generations averaged"));
        model.Axes.Add(new LinearAxis { Minimum = low, Maximum = high }.With(AxisPosition.Left, "soft Dice, 5 thresholds"));
        foreach (MethodResult method in methods)
        {
            LineSeries line = Lines.Of(context.StyleOf(method), method.Name);
            line.Points.AddRange(
                GenerationSection.Counts(method).Select(count => new DataPoint(count, GenerationSection.After(method, count))));
            model.Series.Add(line);
        }

        return model.ToSvg(340);
    }
}
