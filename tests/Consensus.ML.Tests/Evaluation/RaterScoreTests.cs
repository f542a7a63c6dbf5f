using Consensus.Imaging;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Tests.Evaluation;

/// <summary>How near maps are to single raters, derived by hand.</summary>
public sealed class RaterScoreTests
{
    private static readonly string[] Names = ["Ann", "Bob", "Cem"];

    /// <summary>2×2 pixels: Ann marks the first two, Bob the first, Cem the last two.</summary>
    private static readonly RaterMasks Masks = new(3, 2, 2, [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1]);

    [Fact]
    public void The_mask_of_a_rater_is_cut_above_one_half_and_compared_with_all_masks()
    {
        // The first two pixels are marked; one half is not above one half. Dice with Ann 1, with Bob 2/3, with Cem 0.
        float[] map = [1, 0.6f, 0.5f, 0];
        Assert.Equal(new CaseRaterScore("one", "Ann", 1, (2 / 3.0) / 2), CaseRaterScore.Compute("one", "Ann", map, Masks, Names));
        Assert.Equal(new CaseRaterScore("one", "Cem", 0, (1 + (2 / 3.0)) / 2), CaseRaterScore.Compute("one", "Cem", map, Masks, Names));
    }

    [Fact]
    public void Empty_masks_agree_and_a_rater_alone_has_no_others()
    {
        var none = new RaterMasks(1, 1, 2, [0, 0]);
        Assert.Equal(new CaseRaterScore("none", "Ann", 1, double.NaN), CaseRaterScore.Compute("none", "Ann", new float[2], none, ["Ann"]));
    }

    [Fact]
    public void What_does_not_fit_the_masks_is_refused()
    {
        Assert.Contains("'Dan' is none of the raters of this case: Ann, Bob, Cem.", Refusal("Dan", 4, Names), StringComparison.Ordinal);
        Assert.Contains("2 rater names for 3 masks", Refusal("Ann", 4, ["Ann", "Bob"]), StringComparison.Ordinal);
        Assert.Contains("two masks by the rater 'Ann'", Refusal("Ann", 4, ["Ann", "Bob", "Ann"]), StringComparison.Ordinal);
        Assert.Contains("has 3 pixels and the true map 4", Refusal("Ann", 3, Names), StringComparison.Ordinal);

        static string Refusal(string rater, int pixels, string[] names) => Assert.Throws<ArgumentException>(
            () => CaseRaterScore.Compute("one", rater, new float[pixels], Masks, names)).Message;
    }

    [Fact]
    public void Scores_are_averaged_over_the_cases_of_each_rater_in_natural_order()
    {
        IReadOnlyList<RaterScoreSummary> raters = RaterScoreSummary.OfEach(
            [new("10", 0.5, 0.25), new("2", 1, 0), new("10", 1, 0.75), new("9", 0, 1)]);
        Assert.Equal((RaterScoreSummary[])[new("2", 1, 1, 0), new("9", 1, 0, 1), new("10", 2, 0.75, 0.5)], raters);
        Assert.Empty(RaterScoreSummary.OfEach([]));
    }
}
