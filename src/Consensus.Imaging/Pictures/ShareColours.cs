using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>
/// The colour scale of shares of raters, from none to all: dark violet, magenta, orange, light yellow. Brightness grows with the share, so
/// the scale also works in grey.
/// </summary>
internal static class ShareColours
{
    private static readonly (float Red, float Green, float Blue)[] Ramp = [(64, 20, 120), (170, 40, 130), (240, 110, 50), (255, 235, 120)];

    /// <summary>The colour of a share in [0, 1].</summary>
    public static SKColor FromShare(float share)
    {
        float position = share * (Ramp.Length - 1);
        int below = Math.Min((int)position, Ramp.Length - 2);
        float part = position - below;
        (float red, float green, float blue) = Ramp[below];
        (float nextRed, float nextGreen, float nextBlue) = Ramp[below + 1];
        return new(Byte(Mix(red, nextRed, part)), Byte(Mix(green, nextGreen, part)), Byte(Mix(blue, nextBlue, part)));
    }

    /// <summary>
    /// The colour of a share in [0, 1] over a pixel of the image. The pixel stays visible. A share of 0 does not change it.
    /// </summary>
    public static SKColor Over(SKColor below, float share)
    {
        float opacity = share < 0.02f ? 0 : 0.25f + (0.45f * share);
        SKColor above = FromShare(share);
        return new(Byte(Mix(below.Red, above.Red, opacity)), Byte(Mix(below.Green, above.Green, opacity)), Byte(
            Mix(below.Blue, above.Blue, opacity)));
    }

    private static float Mix(float below, float above, float part) => below + ((above - below) * part);

    private static byte Byte(float value) => (byte)(value + 0.5f);
}
