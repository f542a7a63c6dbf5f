using System.Collections.Frozen;
using System.Globalization;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>
/// A simple alphabet made of strokes. With it, text in pictures looks the same on every machine. Servers often have no fonts, and then
/// Skia draws no text. The alphabet has ASCII, the accented letters of Latin-1 and the signs that captions use. Any other character is
/// drawn as an empty box.
/// </summary>
internal static class StrokeAlphabet
{
    /// <summary>Height of a capital letter and of a digit in the units of the strokes.</summary>
    public const float CapitalHeight = 14;

    private const float Bearing = 2;
    private const float SpaceWidth = 6;

    // Character, width and strokes as an SVG path: capitals from 0 down to the base line at 14, small letters from 5, descenders to 18.
    // A line that begins with two spaces continues the line before it.
    private const string Strokes = """
        A 10 M0 14L5 0L10 14M1.8 9H8.2
        B 9 M0 0V14H5.2A3.7 3.7 0 0 0 5.2 6.6H0M5 6.6A3.3 3.3 0 0 0 5 0H0
        C 10 M10 3A5.5 7 0 1 0 10 11
        D 10 M0 0V14H3.5A6.5 7 0 0 0 3.5 0Z
        E 8 M8 0H0V14H8M0 7H7
        F 8 M8 0H0V14M0 7H7
        G 11 M10 3A5.5 7 0 1 0 11 7.6H6.5
        H 10 M0 0V14M10 0V14M0 7H10
        I 0 M0 0V14
        J 6 M6 0V10.8A3 3.2 0 0 1 0 10.8
        K 9 M0 0V14M9 0L0 9M3.2 5.8L9 14
        L 7 M0 0V14H7
        M 12 M0 14V0L6 10L12 0V14
        N 10 M0 14V0L10 14V0
        O 11 M5.5 0A5.5 7 0 1 0 5.5 14A5.5 7 0 1 0 5.5 0Z
        P 9 M0 14V0H5A3.9 3.9 0 0 1 5 7.8H0
        Q 11 M5.5 0A5.5 7 0 1 0 5.5 14A5.5 7 0 1 0 5.5 0ZM7 10.5L11 15
        R 9 M0 14V0H5A3.8 3.8 0 0 1 5 7.6H0M4.5 7.6L9 14
        S 9 M8.5 2.5C7.5 0.8 6 0 4.5 0C2 0 0.4 1.5 0.4 3.5C0.4 8 9 5.8 9 10.4C9 12.6 7 14 4.6 14C2.6 14 1 13.2 0 11.3
        T 10 M0 0H10M5 0V14
        U 10 M0 0V9A5 5 0 0 0 10 9V0
        V 10 M0 0L5 14L10 0
        W 15 M0 0L3.8 14L7.5 2L11.2 14L15 0
        X 10 M0 0L10 14M10 0L0 14
        Y 10 M0 0L5 7L10 0M5 7V14
        Z 9 M0 0H9L0 14H9
        a 8 M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5ZM8 5V14
        b 8 M0 0V14M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5Z
        c 7.4 M7.4 6.8A4.2 4.5 0 1 0 7.4 12.2
        d 8 M8 0V14M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5Z
        e 8 M0 9.3H8A4 4.4 0 1 0 7.1 12.4
        f 4.8 M5 0.3C2.8 -0.4 1.8 0.8 1.8 3V14M0 5H4.6
        g 8 M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5ZM8 5V14.4A4 3.6 0 0 1 0.6 16.4
        h 7.5 M0 0V14M0 9A3.75 4 0 0 1 7.5 9V14
        i 0 M0 5V14M0 1.3V1.5
        j 2 M2 5V15.2A2.4 2.6 0 0 1 -0.8 17.6M2 1.3V1.5
        k 7 M0 0V14M6.6 5L0 10.4M2.6 8.3L7 14
        l 2.4 M0 0V11.6A2.2 2.3 0 0 0 2.4 13.9
        m 12 M0 5V14M0 8.6A3 3.6 0 0 1 6 8.6V14M6 8.6A3 3.6 0 0 1 12 8.6V14
        n 7.5 M0 5V14M0 9A3.75 4 0 0 1 7.5 9V14
        o 8.4 M4.2 5A4.2 4.5 0 1 0 4.2 14A4.2 4.5 0 1 0 4.2 5Z
        p 8 M0 5V18M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5Z
        q 8 M8 5V18M4 5A4 4.5 0 1 0 4 14A4 4.5 0 1 0 4 5Z
        r 4.6 M0 5V14M0 9.2C0 6.4 1.8 4.6 4.6 5.1
        s 6.6 M6.3 6.6C5.6 5.5 4.5 5 3.4 5C1.6 5 0.4 5.9 0.4 7.3C0.4 10.4 6.6 8.6 6.6 11.6C6.6 13.1 5.1 14 3.3 14C1.8 14 0.6 13.4 0 12.2
        t 4.6 M1.8 1.8V11.4A2.5 2.6 0 0 0 4.7 13.9M0 5H4.6
        u 7.5 M0 5V10A3.75 4 0 0 0 7.5 10M7.5 5V14
        v 8 M0 5L4 14L8 5
        w 12 M0 5L3 14L6 6L9 14L12 5
        x 7.6 M0 5L7.6 14M7.6 5L0 14
        y 8 M0 5L4.1 14M8 5L3.4 16.2C2.9 17.5 2 18.2 0.6 18
        z 7 M0 5H7L0 14H7
        0 9 M4.5 0A4.5 7 0 1 0 4.5 14A4.5 7 0 1 0 4.5 0Z
        1 9 M1.5 3L5 0V14
        2 9 M0.4 4.2C0.4 1.6 2.2 0 4.5 0C6.9 0 8.6 1.6 8.6 3.9C8.6 7.8 0 11 0 14H9
        3 9 M0.6 2.2C1.4 0.8 2.8 0 4.4 0C6.7 0 8.4 1.4 8.4 3.4C8.4 5.5 6.8 6.8 4.2 6.8C7.2 6.8 9 8.2 9 10.3
          C9 12.6 7 14 4.4 14C2.4 14 0.9 13.2 0 11.6
        4 9 M7 14V0L0 10H9.2
        5 9 M8.2 0H1.4L0.7 6.4C1.8 5.6 3 5.2 4.4 5.2C7.1 5.2 9 6.9 9 9.5C9 12.2 7 14 4.3 14C2.4 14 0.9 13.2 0 11.8
        6 9 M7.8 1.4C6.9 0.5 5.9 0 4.8 0C1.8 0 0 2.9 0 8V9.4A4.5 4.6 0 1 0 9 9.4A4.5 4.6 0 1 0 0 9.4
        7 9 M0 0H9L3 14
        8 9 M4.5 0A3.8 3.3 0 1 0 4.5 6.6A3.8 3.3 0 1 0 4.5 0ZM4.5 6.6A4.4 3.7 0 1 0 4.5 14A4.4 3.7 0 1 0 4.5 6.6Z
        9 9 M1.2 12.6C2.1 13.5 3.1 14 4.2 14C7.2 14 9 11.1 9 6V4.6A4.5 4.6 0 1 0 0 4.6A4.5 4.6 0 1 0 9 4.6
        . 0 M0 13.8V14
        , 1 M1 13.6L0 16.4
        : 0 M0 6V6.2M0 13.8V14
        ; 1 M1 6V6.2M1 13.6L0 16.4
        ! 0 M0 0V9.6M0 13.8V14
        ? 8 M0 3C0.4 1.2 2 0 4 0C6.4 0 8 1.4 8 3.4C8 6.4 4 6.6 4 10M4 13.8V14
        ' 0 M0 0V3.6
        " 3 M0 0V3.6M3 0V3.6
        ` 3 M0 0L3 2.8
        ( 3.4 M3.4 -1C-1.2 4 -1.2 12 3.4 17
        ) 3.4 M0 -1C4.6 4 4.6 12 0 17
        [ 3 M3 -1H0V17H3
        ] 3 M0 -1H3V17H0
        { 4 M4 -1C0.6 -1 3.4 7.4 0 8C3.4 8.6 0.6 17 4 17
        } 4 M0 -1C3.4 -1 0.6 7.4 4 8C0.6 8.6 3.4 17 0 17
        / 6 M6 -1L0 16
        \ 6 M0 -1L6 16
        | 0 M0 -2V18
        - 5 M0 9H5
        _ 8 M0 17H8
        + 9 M0 8H9M4.5 3.5V12.5
        = 9 M0 6H9M0 10.5H9
        < 8 M8 3.5L0 8L8 12.5
        > 8 M0 3.5L8 8L0 12.5
        * 7 M3.5 0V7M0.5 1.7L6.5 5.3M6.5 1.7L0.5 5.3
        # 11 M4 0L2 14M9 0L7 14M0.6 4.6H11M0 9.6H10.4
        % 13 M11 0L2 14M2.8 0A2.8 3.2 0 1 0 2.8 6.4A2.8 3.2 0 1 0 2.8 0ZM10.2 7.6A2.8 3.2 0 1 0 10.2 14A2.8 3.2 0 1 0 10.2 7.6Z
        & 11 M11 14L2.6 4.4C0.8 2.2 2.2 0 4.4 0C7.6 0 7.8 3.4 5 5.2L2.6 6.8C-1.2 9.4 0.2 14 4 14C7 14 9.6 12 10.4 8
        @ 14 M10 5V9.6C10 12.4 14 11.4 14 7.4C14 3 11 0.6 7.2 0.6C3 0.6 0 3.8 0 8.4C0 12.8 3 16 7.4 16
          C9 16 10.4 15.6 11.6 14.8M7 5.2A3 3.3 0 1 0 7 11.8A3 3.3 0 1 0 7 5.2Z
        ^ 7 M0 6L3.5 0L7 6
        ~ 9 M0 9.4C1.4 6.6 3 6.8 4.5 8C6 9.2 7.6 9.4 9 6.6
        $ 9 M8.5 2.5C7.5 0.8 6 0 4.5 0C2 0 0.4 1.5 0.4 3.5C0.4 8 9 5.8 9 10.4C9 12.6 7 14 4.6 14C2.6 14 1 13.2 0 11.3M4.5 -2V16
        · 1 M0 8H1
        × 7 M0 4.5L7 11.5M7 4.5L0 11.5
        ± 9 M0 6.5H9M4.5 2V11M0 14H9
        ° 4 M2 0A2 2 0 1 0 2 4A2 2 0 1 0 2 0Z
        µ 7.5 M0 5V18M0 10A3.75 4 0 0 0 7.5 10M7.5 5V14
        – 8 M0 9H8
        — 13 M0 9H13
        … 9 M0 13.8V14M4.5 13.8V14M9 13.8V14
        ’ 1 M1 0L0 3.6
        ß 8 M0 14V3.4C0 1.2 1.6 0 3.6 0C5.8 0 7 1.2 7 3C7 4.8 5.2 5.4 5.2 7C5.2 8.8 8 8.8 8 11.4C8 13 6.8 14 5 14C4 14 3.2 13.7 2.6 13.2
        ø 8.4 M4.2 5A4.2 4.5 0 1 0 4.2 14A4.2 4.5 0 1 0 4.2 5ZM0.4 15L8 4
        Ø 11 M5.5 0A5.5 7 0 1 0 5.5 14A5.5 7 0 1 0 5.5 0ZM0.6 15L10.4 -1
        æ 13 M7 6A3.6 4.5 0 1 0 7 13M7 9.3H13A3 4.4 0 1 0 12.4 12.4M7 5V14
        Æ 15 M15 0H7.5L0 14M7.5 0V14H15M3 9H7.5M7.5 7H14
        ı 0 M0 5V14
        """;

    // Accents, drawn over the middle of a small letter whose top is at 5. The cedilla hangs below the base line.
    private static readonly FrozenDictionary<char, string> Accents = new Dictionary<char, string>
    {
        ['`'] = "M-2 0.4L1 3",
        ['\''] = "M2 0.4L-1 3",
        ['^'] = "M-2.6 3L0 0.4L2.6 3",
        ['~'] = "M-3 2.6C-1.8 0.4 -0.8 1.2 0 1.8C0.8 2.4 1.8 3 3 0.8",
        ['"'] = "M-2.2 1.6V1.8M2.2 1.6V1.8",
        ['°'] = "M0 -0.4A1.7 1.7 0 1 0 0 3A1.7 1.7 0 1 0 0 -0.4Z",
        [','] = "M0.4 14C2.6 15.4 1.6 18 -1.4 17.4",
    }.ToFrozenDictionary();

    // Each entry has a composed letter, its plain letter and its accent.
    private const string Composed =
        "ÀA` ÁA' ÂA^ ÃA~ ÄA\" ÅA° ÇC, ÈE` ÉE' ÊE^ ËE\" ÌI` ÍI' ÎI^ ÏI\" ÑN~ ÒO` ÓO' ÔO^ ÕO~ ÖO\" ÙU` ÚU' ÛU^ ÜU\" ÝY' "
        + "àa` áa' âa^ ãa~ äa\" åa° çc, èe` ée' êe^ ëe\" ìı` íı' îı^ ïı\" ñn~ òo` óo' ôo^ õo~ öo\" ùu` úu' ûu^ üu\" ýy' ÿy\"";

    private static readonly FrozenDictionary<char, (float Width, SKPath Strokes)> Letters = Parse();

    private static readonly (float Width, SKPath Strokes) Unknown = (8, SKPath.ParseSvgPathData("M0 0H8V14H0Z"));

    /// <summary>The width of a line of text, in pixels.</summary>
    /// <param name="text">The line.</param>
    /// <param name="size">Height of a capital letter, in pixels.</param>
    public static float Measure(string text, float size)
    {
        float width = 0;
        foreach (char letter in text)
        {
            width += Advance(letter);
        }

        return Math.Max(0, width - (2 * Bearing)) * size / CapitalHeight;
    }

    /// <summary>The strokes of a line of text. The left end of its base line is at the origin.</summary>
    /// <param name="text">The line.</param>
    /// <param name="size">Height of a capital letter, in pixels.</param>
    public static SKPath Outline(string text, float size)
    {
        var path = new SKPath();
        float at = -Bearing;
        foreach (char letter in text)
        {
            if (letter != ' ')
            {
                path.AddPath(Find(letter).Strokes, at + Bearing, -CapitalHeight);
            }

            at += Advance(letter);
        }

        path.Transform(SKMatrix.CreateScale(size / CapitalHeight, size / CapitalHeight));
        return path;
    }

    /// <summary>The text if it fits into the width. If not, as much of the text as fits, followed by an ellipsis.</summary>
    public static string Fit(string text, float size, float width)
    {
        if (Measure(text, size) <= width)
        {
            return text;
        }

        int kept = text.Length - 1;
        while (kept > 0 && Measure(text[..kept].TrimEnd() + "…", size) > width)
        {
            kept--;
        }

        return text[..kept].TrimEnd() + "…";
    }

    private static float Advance(char letter) => letter == ' ' ? SpaceWidth : Find(letter).Width + (2 * Bearing);

    private static (float Width, SKPath Strokes) Find(char letter) =>
        Letters.TryGetValue(letter, out (float, SKPath) found) ? found : Unknown;

    private static FrozenDictionary<char, (float Width, SKPath Strokes)> Parse()
    {
        var letters = new Dictionary<char, (float Width, SKPath Strokes)>();
        foreach (string line in Strokes.Replace("\n  ", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries))
        {
            string[] parts = line.Split(' ', 3);
            letters.Add(parts[0][0], (float.Parse(parts[1], CultureInfo.InvariantCulture), SKPath.ParseSvgPathData(parts[2])));
        }

        foreach (string composed in Composed.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            (float width, SKPath plain) = letters[composed[1]];
            var strokes = new SKPath(plain);
            using SKPath accent = SKPath.ParseSvgPathData(Accents[composed[2]]);
            float rise = composed[2] != ',' && char.IsUpper(composed[0]) ? -5 : 0;
            strokes.AddPath(accent, width / 2, rise);
            letters.Add(composed[0], (width, strokes));
        }

        return letters.ToFrozenDictionary();
    }
}
