using System.Globalization;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// A share of an ordered list. Shard i of n holds every n-th entry: those whose position, counted from 0, leaves the remainder i when it is
/// divided by n. So all shards together hold each entry once, and neighbours, which often take equally long, go to different shards.
/// </summary>
/// <param name="Index">Which shard, from 0 to <paramref name="Count"/> − 1.</param>
/// <param name="Count">The number of shards, from 1 to <see cref="Most"/>.</param>
/// <param name="Origin">What said so, for messages: an option or variables of the environment.</param>
internal sealed record Shard(int Index, int Count, string Origin)
{
    /// <summary>The largest number of shards.</summary>
    public const int Most = 1_000_000;

    /// <summary>Reads i/n.</summary>
    /// <returns>Null if the text is not of this form, or has impossible numbers.</returns>
    public static Shard? Parse(string text, string origin) =>
        text.Split('/') is [string first, string second]
            && TryParse(second, out int count) && count is >= 1 and <= Most
            && TryParse(first, out int index) && index < count
            ? new(index, count, origin)
            : null;

    /// <summary>The entries of this shard, in their order.</summary>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> all)
    {
        var mine = new List<T>((all.Count / Count) + 1);
        for (long at = Index; at < all.Count; at += Count)
        {
            mine.Add(all[(int)at]);
        }

        return mine;
    }

    /// <summary>As it is given on the command line: i/n.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    private static bool TryParse(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
