using Consensus.Imaging;
using Consensus.Imaging.Pictures;
using SkiaSharp;

namespace Consensus.ML.Studies.Reports;

/// <summary>The small pictures of a case, as PNG files in memory, in the colours of the library's other pictures.</summary>
internal static class CasePictures
{
    private const int Large = 288, Small = 168;

    // Orange of the raters' palette, which shows on black and white alike.
    private static readonly RaterLine Truth = new(new SKColor(230, 159, 0), []), Majority = new(SKColors.White, []);

    /// <summary>The image alone.</summary>
    public static byte[] Image(Slice image) => Draw(image.Height, image.Width, Large, (canvas, area) =>
        canvas.DrawImage(SliceColours.FromSlice(image, null), image.Height, image.Width, area, isSmooth: true));

    /// <summary>The image with each rater's outline.</summary>
    public static byte[] Outlines(Slice image, RaterMasks masks) => Draw(image.Height, image.Width, Large, (canvas, area) =>
    {
        canvas.DrawImage(SliceColours.FromSlice(image, null), image.Height, image.Width, area, isSmooth: true);
        canvas.DrawOutlines(masks, [.. Enumerable.Range(0, masks.Raters).Select(RaterLine.ForRater)], area, thickness: 1.3f);
    });

    /// <summary>A soft map over the image, with the majority's outline.</summary>
    public static byte[] SoftMap(Slice image, float[] map, bool isLarge = false) =>
        Draw(image.Height, image.Width, isLarge ? Large : Small, (canvas, area) =>
        {
            canvas.DrawImage([.. SliceColours.FromSlice(image, null).Zip(map, ShareColours.Over)], image.Height, image.Width, area);
            canvas.DrawOutlines(Above(map, image.Height, image.Width), [Majority], area, thickness: 1.2f);
        });

    /// <summary>A level in grey, with the outline of the true one.</summary>
    public static byte[] Level(float[] map, byte[]? truth, int height, int width) => Draw(height, width, Small, (canvas, area) =>
    {
        canvas.DrawImage([.. map.Select(Grey)], height, width, area);
        if (truth is not null)
        {
            canvas.DrawOutlines(new RaterMasks(1, height, width, truth), [Truth], area, thickness: 1.2f);
        }
    });

    /// <summary>An uncertainty from 0 to <paramref name="most"/>.</summary>
    public static byte[] Uncertainty(float[] map, float most, int height, int width) =>
        Draw(height, width, Small, (canvas, area) => canvas.DrawImage(
            [.. map.Select(value => ShareColours.FromShare(most > 0 ? Math.Clamp(value / most, 0, 1) : 0))], height, width, area));

    private static RaterMasks Above(float[] map, int height, int width) =>
        new(1, height, width, [.. map.Select(value => value > 0.5f ? (byte)1 : (byte)0)]);

    private static SKColor Grey(float value)
    {
        byte level = (byte)((255 * Math.Clamp(value, 0, 1)) + 0.5f);
        return new(level, level, level);
    }

    private static byte[] Draw(int height, int width, int side, Action<PictureCanvas, SKRect> draw)
    {
        float scale = side / (float)Math.Max(height, width);
        int rows = Math.Max(1, (int)Math.Round(height * scale)), columns = Math.Max(1, (int)Math.Round(width * scale));
        using var canvas = new PictureCanvas(rows, columns);
        draw(canvas, SKRect.Create(0, 0, columns, rows));
        using var stream = new MemoryStream();
        canvas.ToImage().WritePng(stream);
        return stream.ToArray();
    }
}
