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
    [InlineData("a\uFFFE", "holds U+FFFE, which stands for no character")]
    public void A_name_holds_characters(string name, string? problem) => Assert.Equal(problem, NameText.Problem(name));

    [Fact]
    public void Half_a_character_is_none()
    {
        // Attributes of tests cannot hold these characters.
        Assert.Equal("holds U+D83E, which is half a character", NameText.Problem("a\ud83e"));
        Assert.Equal("holds U+DDE0, which is half a character", NameText.Problem("\udde0\ud83e"));
        Assert.Equal("a\uFFFDb\U0001F9E0\uFFFD", NameText.Printable("a\u0001b\U0001F9E0\ud83e"));
        Assert.Equal(("a\uFFFD", "a\n"), (NameText.Printable("a\n"), NameText.Printable("a\n", breaks: true)));
    }
}
