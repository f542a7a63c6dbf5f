using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>Draws the score against a cost. Each method is a point with its name beside it.</summary>
internal static class CostPlot
{
    private const int Height = 400, Left = 70, Right = 24, Top = 14, Bottom = 56;
    private const double LetterWidth = 7.2, LetterHeight = 15, Marker = 6.5;

    // Where the largest cost is more than this many times the smallest, the axis is logarithmic: a linear axis would crowd small costs.
    private const double Wide = 5;

    public static byte[] Draw(IReadOnlyList<MethodResult> methods, MethodStyles styles, string title, Func<MethodResult, double> cost)
    {
        PlotModel model = Plot.Create();
        model.PlotMargins = new(Left, Top, Right, Bottom);
        model.Padding = new(0);
        (MethodResult Method, double Cost, ScoreSummary Score)[] points =
        [
            .. methods.Select(method => (method, Math.Max(cost(method), 1e-6), method.Score(MethodResult.Headline))),
        ];
        double least = points.Min(point => point.Cost), most = points.Max(point => point.Cost);
        bool isLogarithmic = most > Wide * least;
        (double low, double high) = isLogarithmic ? (least / 1.8, most * 2.6) : (0, most * 1.25);
        (double bottom, double top) = Plot.AroundScores(
            points.SelectMany(point => (double[])[point.Score.Mean, point.Score.Interval.Lower, point.Score.Interval.Upper]));
        Axis x = isLogarithmic
            ? new LogarithmicAxis { Minimum = low, Maximum = high, LabelFormatter = Label }
            : new LinearAxis { Minimum = low, Maximum = high };
        model.Axes.Add(x.With(AxisPosition.Bottom, isLogarithmic ? $"{title} (logarithmic)" : title));
        model.Axes.Add(new LinearAxis { Minimum = bottom, Maximum = top }.With(AxisPosition.Left, "soft Dice, 5 thresholds"));
        foreach ((MethodResult method, double at, ScoreSummary score) in points)
        {
            MethodStyle style = styles[method];
            if (!double.IsNaN(score.Interval.Lower))
            {
                model.Annotations.Add(new LineAnnotation
                {
                    Type = LineAnnotationType.Vertical, X = at, MinimumY = score.Interval.Lower, MaximumY = score.Interval.Upper,
                    Color = OxyColor.FromAColor(150, style.Colour), StrokeThickness = 1.6, LineStyle = LineStyle.Solid,
                    Layer = AnnotationLayer.BelowSeries,
                });
            }

            var series = new ScatterSeries
            {
                MarkerType = style.Marker,
                MarkerSize = Marker,
                MarkerFill = style.Fill,
                MarkerStroke = style.Colour,
                MarkerStrokeThickness = 2,
            };
            series.Points.Add(new(at, score.Mean));
            model.Series.Add(series);
        }

        double width = Plot.Width - Left - Right, height = Height - Top - Bottom;
        (double X, double Y)[] places = [.. points.Select(point => (ScreenX(point.Cost), ScreenY(point.Score.Mean)))];
        Label[] labels = LabelPlacement.Place(
            [.. points.Select((point, i) => (point.Method.Name, places[i].X, places[i].Y))],
            LetterWidth, LetterHeight, Marker, width, height);
        for (int i = 0; i < labels.Length; i++)
        {
            model.Annotations.Add(new TextAnnotation
            {
                Text = points[i].Method.Name, TextPosition = new(DataX(labels[i].X), DataY(labels[i].Y)),
                TextHorizontalAlignment = HorizontalAlignment.Left, TextVerticalAlignment = VerticalAlignment.Middle,
                StrokeThickness = 0, TextColor = styles[points[i].Method].Colour, FontSize = 14, Padding = new(0),
                Background = OxyColor.FromAColor(200, OxyColors.White),
            });
        }

        return model.ToSvg(Height);

        double ScreenX(double value) =>
            width * (isLogarithmic ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low));
        double DataX(double place) => isLogarithmic ? low * Math.Pow(high / low, place / width) : low + (place / width * (high - low));
        double ScreenY(double value) => height * (top - value) / (top - bottom);
        double DataY(double place) => top - (place / height * (top - bottom));
        static string Label(double value) => Text.Measured(value);
    }
}
