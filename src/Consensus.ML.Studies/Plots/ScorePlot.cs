using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>Draws the headline score of each method: the mean, the interval, and every case.</summary>
internal static class ScorePlot
{
    private const int RowHeight = 34, LetterWidth = 8;

    public static byte[] Draw(IReadOnlyList<MethodResult> methods, MethodStyles styles)
    {
        PlotModel model = Plot.Create();
        model.PlotMargins = new(24 + (LetterWidth * methods.Max(method => method.Name.Length)), double.NaN, double.NaN, double.NaN);
        double[] all = [.. methods.SelectMany(method => method.Cases.Select(average => average.Score(MethodResult.Headline)))];
        (double low, double high) = Plot.AroundScores(all);
        LinearAxis x = new LinearAxis { Minimum = low, Maximum = high }.With(AxisPosition.Bottom, "soft Dice, 5 thresholds");
        LinearAxis y = new LinearAxis
        {
            Minimum = -0.6,
            Maximum = methods.Count - 0.4,
            MajorStep = 1,
            MinimumMajorStep = 1,
            LabelFormatter = value => Math.Abs(value - Math.Round(value)) < 1e-9 && value >= 0 && value < methods.Count
                ? methods[methods.Count - 1 - (int)Math.Round(value)].Name
                : "",
        }.With(AxisPosition.Left, "");
        y.MajorTickSize = 0;
        model.Axes.Add(x);
        model.Axes.Add(y);
        var cases = new ScatterSeries
        {
            MarkerType = MarkerType.Circle,
            MarkerSize = 2.6,
            MarkerFill = OxyColor.FromArgb(110, 110, 118, 126),
            MarkerStroke = OxyColors.Undefined,
        };
        model.Series.Add(cases);
        for (int i = 0; i < methods.Count; i++)
        {
            double row = methods.Count - 1 - i;
            MethodStyle style = styles[methods[i]];
            cases.Points.AddRange(
                methods[i].Cases.Select(
                    (average, k) => new ScatterPoint(average.Score(MethodResult.Headline), row - 0.26 + (0.05 * (k % 3)))));
            ScoreSummary score = methods[i].Score(MethodResult.Headline);
            if (!double.IsNaN(score.Interval.Lower))
            {
                model.Annotations.Add(new LineAnnotation
                {
                    Type = LineAnnotationType.Horizontal,
                    Y = row,
                    MinimumX = score.Interval.Lower,
                    MaximumX = score.Interval.Upper,
                    Color = style.Colour,
                    StrokeThickness = 2.4,
                    LineStyle = LineStyle.Solid,
                    Layer = AnnotationLayer.BelowSeries,
                });
            }

            var mean = new ScatterSeries
            {
                MarkerType = style.Marker,
                MarkerSize = 6,
                MarkerFill = style.Fill,
                MarkerStroke = style.Colour,
                MarkerStrokeThickness = 2,
            };
            mean.Points.Add(new(score.Mean, row));
            model.Series.Add(mean);
        }

        return model.ToSvg(80 + (RowHeight * methods.Count));
    }
}
