using Consensus.Imaging.Pictures;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>Text needs no font. Letters are made of strokes, and each letter has its own shape and width.</summary>
public sealed class StrokeAlphabetTests
{
    private const string Known = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;"
        + "!?'\"`()[]{}/\\|-_+=<>*#%&@^~$·×±°µ–—…äöüÄÖÜßéèêëáàâãåæçíìîïñóòôõøúùûýÿÉÅÆÇÑØ";

    [Fact]
    public void Every_printable_ASCII_character_is_known() =>
        Assert.All(Enumerable.Range(33, 94), code => Assert.NotEqual(Shape("中"), Shape(((char)code).ToString())));

    [Fact]
    public void Every_letter_has_a_shape_of_its_own()
    {
        IEnumerable<IGrouping<string, char>> shapes = Known.Append('中').GroupBy(letter => Shape(letter.ToString()));
        Assert.Empty(shapes.Where(group => group.Count() > 1).Select(group => string.Concat(group)));
        Assert.Equal(Shape("中"), Shape("文"));
    }

    [Fact]
    public void A_capital_letter_stands_on_the_base_line_and_is_as_high_as_asked_for()
    {
        using SKPath letter = StrokeAlphabet.Outline("E", 28);
        Assert.Equal((0, -28, 16, 0), (letter.Bounds.Left, letter.Bounds.Top, letter.Bounds.Right, letter.Bounds.Bottom));
    }

    [Fact]
    public void Width_grows_with_the_size_and_counts_the_room_between_letters()
    {
        // An H is 10 wide. Between letters, there are 2 on each side of it. A space is 6 wide.
        Assert.Equal(10, StrokeAlphabet.Measure("H", 14), 1e-4);
        Assert.Equal(24, StrokeAlphabet.Measure("HH", 14), 1e-4);
        Assert.Equal(60, StrokeAlphabet.Measure("H H", 28), 1e-4);
        Assert.Equal(0, StrokeAlphabet.Measure("", 14));
    }

    [Fact]
    public void What_is_too_long_ends_in_an_ellipsis()
    {
        Assert.Equal("HHHH", StrokeAlphabet.Fit("HHHH", 14, 52));
        Assert.Equal("HHH…", StrokeAlphabet.Fit("HHHH", 14, 51));
        Assert.Equal("HH…", StrokeAlphabet.Fit("HHHH", 14, 50));
        Assert.Equal("…", StrokeAlphabet.Fit("HHHH", 14, 1));
    }

    private static string Shape(string letter)
    {
        using SKPath path = StrokeAlphabet.Outline(letter, 14);
        return path.ToSvgPathData();
    }
}
