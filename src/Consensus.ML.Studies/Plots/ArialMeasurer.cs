using OxyPlot;

namespace Consensus.ML.Studies.Plots;

/// <summary>
/// Measures the width of text in Arial, and in fonts of the same widths (Helvetica, Liberation Sans). OxyPlot's own measure for SVG is too
/// small: it cuts names, and titles run over numbers. Widths are in thousandths of the font's size.
/// </summary>
internal sealed class ArialMeasurer() : PdfRenderContext(1, 1, OxyColors.White)
{
    private const double Default = 600, LineHeight = 1.15, Thousand = 1000;

    private static readonly Dictionary<char, double> Widths = new (string Letters, double Width)[]
    {
        ("ijl'|", 222), ("ft .,:;/!()[]-", 278), ("r", 333), ("cksvxyzJ", 500), ("abdeghnopqu0123456789L_", 556), ("+=<>~−", 584),
        ("FTZ", 611), ("ABEKPSVXY&", 667), ("wCDHNRU", 722), ("GOQ", 778), ("mM", 833), ("%", 889), ("W", 944),
    }.SelectMany(group => group.Letters.Select(letter => (letter, group.Width))).ToDictionary(pair => pair.letter, pair => pair.Width);

    /// <inheritdoc/>
    public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
    {
        if (string.IsNullOrEmpty(text))
        {
            return OxySize.Empty;
        }

        string[] lines = text.Split('\n');
        return new(
            lines.Max(line => line.Sum(letter => Widths.GetValueOrDefault(letter, Default))) / Thousand * fontSize,
            lines.Length * LineHeight * fontSize);
    }
}
