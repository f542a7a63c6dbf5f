using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Tests.Storage;

/// <summary>Characters that reports or files cannot hold are found. They are replaced when text is shown.</summary>
public sealed class NameTextTests
{
    [Theory]
    [InlineData("case01", null)]
    [InlineData("Ünïcode 例 \U0001F9E0", null)]
    [InlineData("a\u0001b", "holds the control character U+0001")]
    [InlineData("a\nb", "holds the control character U+000A")]
    [InlineData("a\u007f", "holds the control character U+007F")]
    [InlineData("a\0", "holds the control character U+0000")]
    [InlineData("a\u2028b", "holds U+2028, which breaks a line")]
    [InlineData("a\uFFFE", "holds U+FFFE, which stands for no character")]
    public void A_name_holds_characters(string name, string? problem) => Assert.Equal(problem, NameText.Problem(name));

    [Fact]
    public void Half_a_character_is_none()
    {
        // Attributes of tests cannot hold these characters.
        Assert.Equal("holds U+D83E, which is half a character", NameText.Problem("a\ud83e"));
        Assert.Equal("holds U+DDE0, which is half a character", NameText.Problem("\udde0\ud83e"));
    }

    [Fact]
    public void What_steers_a_terminal_or_breaks_xml_is_replaced()
    {
        // Half of a surrogate pair, an escape sequence that clears the screen, and a number that stands for no character.
        Assert.Equal("a\uFFFDb\U0001F9E0\uFFFD", NameText.Printable("a\u0001b\U0001F9E0\ud83e"));
        Assert.Equal("\uFFFD[2J\uFFFD", NameText.Printable("\u001b[2J\uFFFE", breaks: true));
    }

    [Theory]
    [InlineData('\n')]
    [InlineData('\r')]
    [InlineData('\t')]
    [InlineData('\u0085')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    public void Breaks_of_lines_stay_only_where_they_may(char character) => Assert.Equal(
        ("a\uFFFDb", $"a{character}b"), (NameText.Printable($"a{character}b"), NameText.Printable($"a{character}b", breaks: true)));

    [Fact]
    public void One_line_is_cut_after_a_thousand_characters_and_never_within_a_pair()
    {
        string line = new('x', 1000), brain = "\U0001F9E0";
        Assert.Equal(line, NameText.Printable(line));
        Assert.Equal(line + "…", NameText.Printable(line + "y"));
        Assert.Equal(line[1..] + "…", NameText.Printable(line[1..] + brain));
        Assert.Equal(line[2..] + brain, NameText.Printable(line[2..] + brain));
        Assert.Equal(line + "y", NameText.Printable(line + "y", breaks: true));
    }
}
