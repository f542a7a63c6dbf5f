using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>Draws the validation score during training, with a line for each training.</summary>
internal static class LearningPlot
{
    public static byte[] Draw(IReadOnlyList<MethodResult> methods, MethodStyles styles)
    {
        PlotModel model = Plot.Create().WithLegend();
        (double low, double high) = Plot.AroundScores(
            methods.SelectMany(method => method.Runs).SelectMany(run => run.Training.Validations).Select(point => point.SoftDice));
        model.Axes.Add(new LinearAxis { Minimum = 0, MaximumPadding = 0.03 }.With(AxisPosition.Bottom, "optimizer steps"));
        model.Axes.Add(new LinearAxis { Minimum = low, Maximum = high }.With(AxisPosition.Left, "validation soft Dice"));
        foreach (MethodResult method in methods)
        {
            bool isNamed = true;
            foreach (RunResult run in method.Runs.Where(run => run.Training.Validations.Count > 0))
            {
                LineSeries line = Lines.Create(styles[method], isNamed ? method.Name : null);
                line.MarkerSize = 3.5;
                line.StrokeThickness = 1.4;
                line.Points.AddRange(run.Training.Validations.Select(point => new DataPoint(point.Step, point.SoftDice)));
                model.Series.Add(line);
                isNamed = false;
            }
        }

        return model.ToSvg(360);
    }
}
