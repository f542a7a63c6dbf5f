using System.Globalization;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Options;

/// <summary>How large slices may be, and how many raters a case may have.</summary>
internal static class SliceLimits
{
    /// <summary>The largest side of a slice, in pixels. Above it, one feature map of the smallest network takes 32 GB.</summary>
    public const int LongestSide = 16_384;

    /// <summary>The largest number of raters of a case, and of levels.</summary>
    public const int MostRaters = byte.MaxValue;

    /// <summary>
    /// Checks that slices and their maps can be held: no side exceeds <see cref="LongestSide"/> pixels, and all values fit into an array.
    /// </summary>
    /// <exception cref="ArgumentException">A number is out of range; the message names it.</exception>
    public static void Check(int channels, int height, int width, int levels)
    {
        Range("Height", height, 1, LongestSide, " pixels");
        Range("Width", width, 1, LongestSide, " pixels");
        int most = (int)(Array.MaxLength / ((long)height * width));
        string note = string.Create(CultureInfo.InvariantCulture, $", of {height}×{width} pixels each");
        Range("ImageChannels", channels, 1, most, note);
        Range("Raters", levels, 1, MostRaters);
        Range("Raters", levels, 1, most, note);
    }
}
