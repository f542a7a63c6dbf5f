using System.Globalization;
using System.Text;
using Consensus.ML.Studies.Formatting;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace Consensus.ML.Studies.Plots;

/// <summary>What all plots share: fonts, grid, and the export to SVG.</summary>
internal static class Plot
{
    public const int Width = 860;

    // Text is measured in this font. Readers who do not have it see a font of the same widths.
    private const string MeasuredFont = "Arial", Fonts = "Arial, Helvetica, Liberation Sans, sans-serif";

    private static readonly OxyColor Ink = OxyColor.FromRgb(27, 31, 36), Grid = OxyColor.FromRgb(228, 232, 236);

    public static PlotModel Create() => new()
    {
        DefaultFont = MeasuredFont,
        DefaultFontSize = 14,
        TextColor = Ink,
        PlotAreaBorderColor = Ink,
        PlotAreaBorderThickness = new(1, 0, 0, 1),
        Culture = CultureInfo.InvariantCulture,
        Background = OxyColors.White,
        Padding = new(4, 10, 18, 4),
    };

    /// <summary>Gives an axis its position, its title, and the style that all plots share.</summary>
    public static T With<T>(this T axis, AxisPosition position, string title)
        where T : Axis
    {
        axis.Position = position;
        axis.Title = title;
        axis.AxisTitleDistance = 8;
        axis.TicklineColor = Ink;
        axis.AxislineColor = Ink;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = Grid;
        axis.MinorTickSize = 0;
        axis.MajorTickSize = 5;
        axis.TickStyle = TickStyle.Outside;
        return axis;
    }

    public static PlotModel WithLegend(this PlotModel model)
    {
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.RightTop,
            LegendBorderThickness = 0,
            LegendMargin = 12,
            LegendSymbolLength = 28,
            LegendLineSpacing = 5,
        });
        return model;
    }

    /// <summary>The range of values, with some room on both sides: a share of the range.</summary>
    public static (double Low, double High) Around(IEnumerable<double> values, double share = 0.06)
    {
        double[] known = [.. values.Where(double.IsFinite)];
        double low = known.DefaultIfEmpty(0).Min(), high = known.DefaultIfEmpty(1).Max(), room = Math.Max((high - low) * share, 0.005);
        return (low - room, high + room);
    }

    /// <summary>The range of scores in [0, 1] that holds all values.</summary>
    public static (double Low, double High) AroundScores(IEnumerable<double> values)
    {
        (double low, double high) = Around(values);
        return (Math.Max(low, 0), Math.Min(high, 1.005));
    }

    public static byte[] ToSvg(this PlotModel model, int height)
    {
        ((IPlotModel)model).Update(true);
        string svg = new SvgExporter
        {
            Width = Width,
            Height = height,
            UseVerticalTextAlignmentWorkaround = false,
            TextMeasurer = new ArialMeasurer(),
        }.ExportToString(model);

        // The viewBox lets the drawing shrink to the page, which a size in pixels alone would not.
        return Encoding.UTF8.GetBytes(svg
            .Replace("<svg ", Text.Invariant($"<svg viewBox=\"0 0 {Width} {height}\" "), StringComparison.Ordinal)
            .Replace($"font-family=\"{MeasuredFont}\"", $"font-family=\"{Fonts}\"", StringComparison.Ordinal));
    }
}
