using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>The names of raters beside their lines, in columns.</summary>
internal sealed class RaterLegend
{
    private const float TextSize = 9;
    private const int RowHeight = 22;
    private const int SwatchWidth = 44;
    private const int SwatchHeight = 14;
    private const int Space = 8;
    private const int Between = 18;
    private const int LongestName = 220;

    private readonly (string Name, RaterLine Line)[] _entries;
    private readonly int _columns;
    private readonly int _columnWidth;

    public RaterLegend((string Name, RaterLine Line)[] entries, int width)
    {
        _entries = [.. entries.Select(entry => (StrokeAlphabet.Fit(entry.Name, TextSize, LongestName), entry.Line))];
        _columnWidth = SwatchWidth + Space + Between
            + (int)MathF.Ceiling(_entries.Max(entry => StrokeAlphabet.Measure(entry.Name, TextSize)));
        _columns = Math.Clamp((width + Between) / _columnWidth, 1, _entries.Length);
    }

    /// <summary>Height of the legend in pixels.</summary>
    public int Height => RowHeight * ((_entries.Length + _columns - 1) / _columns);

    public void Draw(PictureCanvas picture, float left, float top)
    {
        using var paint = new SKPaint { IsAntialias = true };
        for (int i = 0; i < _entries.Length; i++)
        {
            (string name, RaterLine line) = _entries[i];
            float x = left + (i % _columns * _columnWidth), y = top + (i / _columns * RowHeight);

            // The lines are light, for dark images, so they need a dark ground to be seen.
            paint.Color = new SKColor(60, 60, 60);
            picture.Canvas.DrawRoundRect(x, y, SwatchWidth, SwatchHeight, 3, 3, paint);
            paint.Color = line.Colour;
            for (int at = 0; at < SwatchWidth - 8; at++)
            {
                if (line.IsDrawn(at))
                {
                    picture.Canvas.DrawRect(x + 4 + at, y + (SwatchHeight / 2) - 1, 1, 2, paint);
                }
            }

            picture.Write(name, x + SwatchWidth + Space, y + ((SwatchHeight + TextSize) / 2), TextSize);
        }
    }
}
