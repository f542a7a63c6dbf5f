using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>The colour and the pattern of a rater's line.</summary>
/// <param name="Colour">The colour.</param>
/// <param name="Pattern">Lengths of dashes and gaps in turn, in pixels. Empty for a line without gaps.</param>
internal sealed record RaterLine(SKColor Colour, IReadOnlyList<float> Pattern)
{
    /// <summary>Number of different lines. With more raters, lines repeat.</summary>
    public const int Distinct = 32;

    // The palette of Okabe and Ito. Readers with any of the common colour deficiencies can tell its colours apart. The blue is lighter
    // here, and white replaces black, because most of these images are dark.
    private static readonly SKColor[] Palette =
    [
        new(230, 159, 0), new(86, 180, 233), new(0, 178, 125), new(240, 228, 66), new(70, 110, 255), new(232, 80, 20), new(225, 130, 190),
        new(255, 255, 255),
    ];

    private static readonly float[][] Patterns = [[], [9, 5], [3, 4], [11, 4, 3, 4]];

    /// <summary>
    /// The line of one rater. The first eight raters have colours without gaps. Then the same colours follow dashed, dotted, and dashed
    /// and dotted.
    /// </summary>
    /// <param name="rater">The rater, from 0.</param>
    public static RaterLine ForRater(int rater) => new(Palette[rater % Palette.Length], Patterns[rater / Palette.Length % Patterns.Length]);

    /// <summary>Whether the line is drawn at this distance from its beginning.</summary>
    public bool IsDrawn(float distance)
    {
        if (Pattern.Count == 0)
        {
            return true;
        }

        float rest = distance % Pattern.Sum();
        int part = 0;
        while (rest >= Pattern[part])
        {
            rest -= Pattern[part++];
        }

        return part % 2 == 0;
    }
}
