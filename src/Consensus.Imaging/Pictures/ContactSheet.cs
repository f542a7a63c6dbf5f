using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>Draws a whole data set. Every case is a small image with its raters' outlines, its name and its mean pairwise Dice.</summary>
/// <remarks>A rater, identified by name, has the same line on every sheet. Lines and text look as in <see cref="RaterPicture"/>.</remarks>
public static class ContactSheet
{
    /// <summary>The largest number of cases on one sheet.</summary>
    public const int CasesPerSheet = 100;

    private const int Tile = 184;
    private const int Gap = 14;
    private const int Margin = 16;
    private const int HeaderHeight = 34;
    private const int CaptionHeight = 34;
    private const int MostColumns = 10;
    private const int FewestColumns = 3;
    private const float TitleSize = 12;
    private const float NameSize = 8.5f;
    private const float FactsSize = 7.5f;

    /// <summary>
    /// Draws the sheets one after another. The cases of a sheet are read when you ask for the sheet. Only one sheet and one case are in
    /// memory at a time.
    /// </summary>
    /// <param name="cases">The cases, at least one.</param>
    /// <param name="options">Title, order, number and channel; null for the defaults.</param>
    /// <returns>One sheet for each <see cref="CasesPerSheet"/> cases.</returns>
    /// <exception cref="ArgumentException">There are no cases.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1; while drawing: an image has no such channel.</exception>
    /// <exception cref="FileNotFoundException">While drawing: a file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// While drawing: a file is not an image or not a mask, or masks and image differ in size. The message names it.
    /// </exception>
    /// <exception cref="IOException">While drawing: a file cannot be opened.</exception>
    public static IEnumerable<RgbImage> Draw(IReadOnlyList<RaterCase> cases, ContactSheetOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cases);
        options ??= new();
        if (cases.Count == 0)
        {
            throw new ArgumentException("There is no case to draw.", nameof(cases));
        }

        if (options.Limit < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Limit} cases cannot be drawn; the limit must be at least 1."));
        }

        return DrawSheets(cases, options);
    }

    private static IEnumerable<RgbImage> DrawSheets(IReadOnlyList<RaterCase> cases, ContactSheetOptions options)
    {
        string[] raters = [.. cases.SelectMany(one => one.RaterNames).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance)];
        Dictionary<string, RaterLine> lines = raters.Select((name, i) => (name, RaterLine.ForRater(i)))
            .ToDictionary(StringComparer.Ordinal);
        RaterCase[] shown = [.. Ordered(cases, options.Order).Take(options.Limit ?? cases.Count)];
        int columns = Math.Clamp((int)Math.Ceiling(Math.Sqrt(1.3 * shown.Length)), 1, MostColumns);
        int first = 0;
        foreach (RaterCase[] page in shown.Chunk(CasesPerSheet))
        {
            string range = page.Length == cases.Count
                ? Plural(cases.Count, "case")
                : $"{first + 1}–{first + page.Length} of {Plural(cases.Count, "case")}";
            string order = options.Order == ContactSheetOrder.Agreement ? "lowest agreement first" : "";
            string title = string.Join(
                "  ·  ",
                new[] { options.Title, range, order, Plural(raters.Length, "rater") }.Where(part => !string.IsNullOrWhiteSpace(part)));
            yield return DrawSheet(
                page, title, [.. raters.Take(RaterLine.Distinct).Select(name => (name, lines[name]))], lines, columns, options.Channel);
            first += page.Length;
        }
    }

    private static IEnumerable<RaterCase> Ordered(IReadOnlyList<RaterCase> cases, ContactSheetOrder order) => order switch
    {
        ContactSheetOrder.Given => cases,
        ContactSheetOrder.Agreement =>
            cases.OrderBy(one => one.AnnotationPaths.Count > 1 ? ConsensusLabels.PairwiseDice(one.ReadMasks()) : double.PositiveInfinity),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "The order must be Given or Agreement."),
    };

    private static RgbImage DrawSheet(
        RaterCase[] cases,
        string title,
        (string Name, RaterLine Line)[] legendEntries,
        Dictionary<string, RaterLine> lines,
        int columns,
        int? channel)
    {
        int rows = (cases.Length + columns - 1) / columns, width = Span(Math.Max(columns, FewestColumns), Tile) + (2 * Margin);
        var legend = new RaterLegend(legendEntries, width - (2 * Margin));
        int top = Margin + HeaderHeight + legend.Height + Gap;
        using var sheet = new PictureCanvas(top + Span(rows, Tile + CaptionHeight) + Margin, width);
        sheet.Write(StrokeAlphabet.Fit(title, TitleSize, width - (2 * Margin)), Margin, Margin + TitleSize, TitleSize);
        legend.Draw(sheet, Margin, Margin + HeaderHeight);
        for (int i = 0; i < cases.Length; i++)
        {
            DrawTile(
                sheet, cases[i], lines, Margin + (i % columns * (Tile + Gap)), top + (i / columns * (Tile + CaptionHeight + Gap)), channel);
        }

        return sheet.ToImage();

        static int Span(int count, int each) => (count * each) + ((count - 1) * Gap);
    }

    private static void DrawTile(PictureCanvas sheet, RaterCase one, Dictionary<string, RaterLine> lines, int left, int top, int? channel)
    {
        (Slice image, RaterMasks masks) = Read(one);

        float scale = Tile / (float)Math.Max(image.Height, image.Width), height = image.Height * scale, width = image.Width * scale;
        SKRect area = SKRect.Create(left + ((Tile - width) / 2), top + ((Tile - height) / 2), width, height);
        sheet.DrawImage(SliceColours.FromSlice(image, channel), image.Height, image.Width, area, isSmooth: true);
        sheet.DrawOutlines(masks, [.. one.RaterNames.Select(name => lines[name])], area, thickness: 1.2f);
        string dice = masks.Raters > 1
            ? $"Dice {ConsensusLabels.PairwiseDice(masks).ToString("0.0000", CultureInfo.InvariantCulture)}  ·  "
            : "";
        sheet.Write(StrokeAlphabet.Fit(one.Name, NameSize, Tile), left, top + Tile + 14, NameSize);
        sheet.Write(StrokeAlphabet.Fit($"{dice}{Plural(masks.Raters, "rater")}", FactsSize, Tile), left, top + Tile + 29, FactsSize);
    }

    private static (Slice Image, RaterMasks Masks) Read(RaterCase one)
    {
        try
        {
            return (one.ReadImage(), one.ReadMasks());
        }
        catch (InvalidDataException exception)
        {
            // The name of a file alone does not say which case of the data set is wrong.
            throw new InvalidDataException($"Case '{one.Name}': {exception.Message}", exception);
        }
    }

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
