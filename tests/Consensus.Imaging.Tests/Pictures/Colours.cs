using Consensus.Imaging.Pictures;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>Reads colours from pictures.</summary>
internal static class Colours
{
    public static (int Red, int Green, int Blue) At(this RgbImage picture, int row, int column)
    {
        int at = ((row * picture.Width) + column) * 3;
        return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
    }

    /// <summary>Counts the pixels of an area that have this colour.</summary>
    public static int Count(this RgbImage picture, (int Red, int Green, int Blue) colour, int top, int left, int height, int width) =>
        Enumerable.Range(top, height).Sum(row => Enumerable.Range(left, width).Count(column => picture.At(row, column) == colour));
}
