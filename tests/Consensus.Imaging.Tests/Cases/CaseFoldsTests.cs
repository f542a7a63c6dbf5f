using Consensus.Imaging.Cases;

namespace Consensus.Imaging.Tests.Cases;

public sealed class CaseFoldsTests
{
    [Theory]
    [InlineData(34, 5)]
    [InlineData(10, 10)]
    [InlineData(7, 2)]
    public void Cases_of_one_row_give_folds_that_differ_by_one_at_most(int cases, int folds)
    {
        int[] sizes = Sizes(CaseFolds.Assign([.. Enumerable.Range(0, cases).Select(number => $"case{number}")], folds, 3), folds);
        Assert.Equal(cases, sizes.Sum());
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }

    [Fact]
    public void Rows_of_a_group_stay_together_and_the_folds_balance_their_rows()
    {
        // Groups of 6, 3, 2, 2 and 1 rows go into two folds: 6 + 1 and 3 + 2 + 2.
        string[] groups = [.. "aabbbcaacddaae".Select(letter => letter.ToString())];
        int[] folds = CaseFolds.Assign(groups, 2, 0);
        foreach (IGrouping<string, int> fold in groups.Zip(folds).GroupBy(row => row.First, row => row.Second))
        {
            Assert.Single(fold.Distinct());
        }

        Assert.Equal([7, 7], Sizes(folds, 2));
    }

    [Fact]
    public void Folds_follow_from_names_and_seed_and_not_from_the_order_of_rows()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(number => $"case{number}")];
        int[] folds = CaseFolds.Assign(names, 4, 9), again = CaseFolds.Assign([.. names.Reverse()], 4, 9);
        Assert.Equal(folds, again.Reverse());
        Assert.NotEqual(folds, CaseFolds.Assign(names, 4, 10));
    }

    [Fact]
    public void Fewer_groups_than_folds_are_refused()
    {
        Assert.Contains(
            "3 folds need 3 groups of rows at least, but there are 2",
            Assert.Throws<ArgumentException>(() => CaseFolds.Assign(["a", "a", "b", "b"], 3, 0)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CaseFolds.Assign(["a", "b"], 1, 0));
    }

    private static int[] Sizes(int[] folds, int count) =>
        [.. Enumerable.Range(0, count).Select(fold => folds.Count(other => other == fold))];
}
