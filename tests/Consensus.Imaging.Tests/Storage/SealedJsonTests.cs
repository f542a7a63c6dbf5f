using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Tests.Storage;

public sealed class SealedJsonTests
{
    private const string Text = "{\n  \"case\": \"ä\",\n  \"score\": 0.25\n}";

    [Fact]
    public void A_sealed_object_is_JSON_with_the_hash_of_the_text_before_it()
    {
        string text = SealedJson.Seal(Text);
        string expected = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("{\n  \"case\": \"ä\",\n  \"score\": 0.25")));
        Assert.Equal(expected, JsonDocument.Parse(text).RootElement.GetProperty("sha256").GetString());
        Assert.Equal(expected, SealedJson.HashIn(text));
        Assert.True(SealedJson.IsIntact(text));
    }

    [Fact]
    public void Every_changed_or_missing_character_is_found()
    {
        string text = SealedJson.Seal(Text);
        Assert.All(
            Enumerable.Range(0, text.Length),
            at =>
            {
                Assert.False(SealedJson.IsIntact(text.Remove(at, 1)));
                Assert.False(SealedJson.IsIntact(text.Remove(at, 1).Insert(at, text[at] == '1' ? "2" : "1")));
                Assert.False(SealedJson.IsIntact(text[..at]));
            });
        Assert.False(SealedJson.IsIntact(text + "\n"));
    }

    [Fact]
    public void Text_without_a_hash_is_not_intact()
    {
        Assert.Null(SealedJson.HashIn(Text));
        Assert.False(SealedJson.IsIntact(Text));
        Assert.False(SealedJson.IsIntact(""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\n}")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\n  \"a\": 1\n}\n")]
    public void Other_forms_are_refused(string text) => Assert.Throws<ArgumentException>(() => SealedJson.Seal(text));
}
