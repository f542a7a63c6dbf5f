using Consensus.Imaging;
using Consensus.Imaging.Pictures;

namespace Consensus.ML.Studies.Reports;

/// <summary>Draws the pictures of a case as PNG files in memory, in one of two sizes.</summary>
internal static class CasePictures
{
    private const int Large = 288, Small = 168;

    /// <summary>The image alone.</summary>
    public static byte[] Image(Slice image) => Png(PicturePanel.DrawImage(image, Large));

    /// <summary>The image with each rater's outline.</summary>
    public static byte[] Outlines(Slice image, RaterMasks masks) => Png(PicturePanel.DrawOutlines(image, masks, Large));

    /// <summary>A soft map over the image, with the majority's outline.</summary>
    public static byte[] SoftMap(Slice image, float[] map, bool isLarge = false) =>
        Png(PicturePanel.DrawSoftMap(image, map, isLarge ? Large : Small));

    /// <summary>A level in grey, with the outline of the true level.</summary>
    public static byte[] Level(float[] map, byte[]? truth, int height, int width) =>
        Png(PicturePanel.DrawLevel(map, truth, height, width, Small));

    /// <summary>The uncertainty, on a scale from 0 to <paramref name="most"/>.</summary>
    public static byte[] Uncertainty(float[] map, float most, int height, int width) =>
        Png(PicturePanel.DrawUncertainty(map, most, height, width, Small));

    private static byte[] Png(RgbImage picture)
    {
        using var stream = new MemoryStream();
        picture.WritePng(stream);
        return stream.ToArray();
    }
}
