using OxyPlot.Series;

namespace Consensus.ML.Studies.Plots;

/// <summary>A method's line in a plot.</summary>
internal static class Lines
{
    public static LineSeries Create(MethodStyle style, string? title) => new()
    {
        Title = title,
        Color = style.Colour,
        StrokeThickness = 1.8,
        MarkerType = style.Marker,
        MarkerSize = 4.5,
        MarkerFill = style.Fill,
        MarkerStroke = style.Colour,
        MarkerStrokeThickness = 1.6,
    };
}
