using System.Globalization;
using Consensus.Imaging.Labels;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>Draws one image with the outlines of several raters, and their soft map.</summary>
/// <remarks>
/// Small images are enlarged by a whole number, so that each pixel is a square. Large images are made smaller to fit. Outlines are smooth
/// lines along the edges of the pixels, never more than 0.36 pixels away from them. If several outlines share an edge, their colours are
/// drawn in turns along it. Text does not depend on the fonts of the machine: Latin letters are drawn, and any other letter is an empty
/// box. The same input gives the same picture.
/// </remarks>
public static class RaterPicture
{
    private const int Panel = 512;
    private const int LargestPanel = 704;
    private const int Margin = 14;
    private const int Gap = 12;
    private const int ScaleWidth = 14;
    private const int ScaleLabels = 42;
    private const float TitleSize = 12;
    private const float TextSize = 9;
    private const int TitleHeight = 32;
    private const int CaptionHeight = 22;

    /// <summary>Draws only an image, under a title with its size.</summary>
    /// <param name="image">
    /// The image. The darkest grey is the 0.5th percentile of its values, and the brightest is the 99.5th. Rows run down and columns to
    /// the right, as stored.
    /// </param>
    /// <param name="options">Title and channel; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The image has no such channel.</exception>
    public static RgbImage Draw(Slice image, RaterPictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= new();
        SKColor[] colours = SliceColours.FromSlice(image, options.Channel);
        string title = Title(options.Title, image);
        (int height, int width, _) = PanelSize(image);
        using var picture = new PictureCanvas(TitleHeight + height + (2 * Margin), Width(title, width));
        WriteTitle(picture, title, Width(title, width));
        picture.DrawImage(colours, image.Height, image.Width, SKRect.Create(Margin, Margin + TitleHeight, width, height));
        return picture.ToImage();
    }

    /// <summary>
    /// Draws two panels side by side. The left panel shows the image with each rater's outline. The right panel shows the image under the
    /// soft map, with a colour scale from 0 (no rater) to 1 (all raters). A white line encloses the majority. Above is a title with size,
    /// number of raters and mean pairwise Dice; below is a legend of the raters.
    /// </summary>
    /// <param name="image">
    /// The image. The darkest grey is the 0.5th percentile of its values, and the brightest is the 99.5th. Rows run down and columns to
    /// the right, as stored.
    /// </param>
    /// <param name="masks">
    /// The raters' masks, of the image's height × width. The lines of the first 32 raters differ in colour or in dashes; then they repeat.
    /// </param>
    /// <param name="options">Title, names and channel; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The masks have another size than the image, or there are more or fewer names than raters.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The image has no such channel.</exception>
    public static RgbImage Draw(Slice image, RaterMasks masks, RaterPictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(masks);
        options ??= new();
        if (masks.Height != image.Height || masks.Width != image.Width)
        {
            throw new ArgumentException(
                $"The image is {image.Height}×{image.Width}, but the masks are {masks.Height}×{masks.Width}: both must be of one size.",
                nameof(masks));
        }

        IReadOnlyList<string> names = options.RaterNames
            ?? [.. Enumerable.Range(1, masks.Raters).Select(rater => rater.ToString(CultureInfo.InvariantCulture))];
        if (names.Count != masks.Raters)
        {
            throw new ArgumentException($"There are masks of {masks.Raters} raters, but {names.Count} names.", nameof(options));
        }

        SKColor[] colours = SliceColours.FromSlice(image, options.Channel);
        RaterLine[] lines = [.. Enumerable.Range(0, masks.Raters).Select(RaterLine.ForRater)];
        string title = Title(options.Title, image, masks);
        (int height, int width, int zoom) = PanelSize(image);
        int pictureWidth = Width(title, (2 * width) + (2 * Gap) + ScaleWidth + ScaleLabels);
        var legend = new RaterLegend([.. names.Select((name, rater) => (name, lines[rater]))], pictureWidth - (2 * Margin));
        int top = Margin + TitleHeight + CaptionHeight, second = Margin + width + Gap;
        using var picture = new PictureCanvas(top + height + Gap + legend.Height + Margin, pictureWidth);
        WriteTitle(picture, title, pictureWidth);
        Caption("each rater's outline", Margin);
        Caption("soft map, with the majority's outline", second);

        SKRect outlines = SKRect.Create(Margin, top, width, height), soft = SKRect.Create(second, top, width, height);
        picture.DrawImage(colours, image.Height, image.Width, outlines);
        picture.DrawOutlines(masks, lines, outlines, thickness: zoom > 2 ? 1.8f : 1.3f);

        float[] map = ConsensusLabels.SoftMap(masks);
        picture.DrawImage([.. colours.Zip(map, ShareColours.Over)], image.Height, image.Width, soft);
        picture.DrawOutlines(
            new RaterMasks(1, image.Height, image.Width, ConsensusLabels.Majority(masks)),
            [new RaterLine(SKColors.White, [])], soft, thickness: 1.5f);
        DrawScale(picture, SKRect.Create(second + width + Gap, top, ScaleWidth, height));
        legend.Draw(picture, Margin, top + height + Gap);
        return picture.ToImage();

        void Caption(string text, float x) => picture.Write(StrokeAlphabet.Fit(text, TextSize, width), x, top - 8, TextSize);
    }

    private static string Title(string? name, Slice image, RaterMasks? masks = null)
    {
        string size = image.Channels == 1 ? $"{image.Height}×{image.Width}" : $"{image.Height}×{image.Width}, {image.Channels} channels";
        string? raters = masks is null ? null : masks.Raters == 1 ? "1 rater" : $"{masks.Raters} raters";
        string? dice = masks?.Raters > 1
            ? $"mean pairwise Dice {ConsensusLabels.PairwiseDice(masks).ToString("0.0000", CultureInfo.InvariantCulture)}"
            : null;
        return string.Join("  ·  ", new[] { name, size, raters, dice }.Where(part => !string.IsNullOrWhiteSpace(part)));
    }

    /// <summary>The width of the panels, or of the title if it is wider. Two panels are the largest width.</summary>
    private static int Width(string title, int panels) =>
        (2 * Margin) + Math.Max(panels, Math.Min((int)MathF.Ceiling(StrokeAlphabet.Measure(title, TitleSize)), 2 * Panel));

    private static void WriteTitle(PictureCanvas picture, string title, int width) =>
        picture.Write(StrokeAlphabet.Fit(title, TitleSize, width - (2 * Margin)), Margin, Margin + TitleSize, TitleSize);

    private static (int Height, int Width, int Zoom) PanelSize(Slice image)
    {
        int longest = Math.Max(image.Height, image.Width);
        if (longest <= LargestPanel)
        {
            int zoom = Math.Max(1, (int)Math.Round(Panel / (double)longest));
            return (image.Height * zoom, image.Width * zoom, zoom);
        }

        double scale = LargestPanel / (double)longest;
        return (Math.Max(1, (int)Math.Round(image.Height * scale)), Math.Max(1, (int)Math.Round(image.Width * scale)), 1);
    }

    private static void DrawScale(PictureCanvas picture, SKRect area)
    {
        using var paint = new SKPaint();
        for (int row = 0; row < area.Height; row++)
        {
            paint.Color = ShareColours.FromShare(area.Height == 1 ? 1 : 1 - (row / (area.Height - 1)));
            picture.Canvas.DrawRect(area.Left, area.Top + row, area.Width, 1, paint);
        }

        // The number of ticks depends on the height.
        int steps = area.Height >= 100 ? 4 : area.Height >= 40 ? 2 : 1;
        paint.Color = new SKColor(25, 25, 25);
        for (int step = 0; step <= steps; step++)
        {
            double share = step / (double)steps;
            float y = area.Top + (float)((1 - share) * (area.Height - 1));
            picture.Canvas.DrawRect(area.Right, MathF.Round(y), 4, 1, paint);
            string label = share.ToString("0.##", CultureInfo.InvariantCulture);
            picture.Write(
                label, area.Right + 8,
                Math.Clamp(y + (TextSize / 2), area.Top + TextSize, Math.Max(area.Bottom, area.Top + TextSize)), TextSize);
        }
    }
}
