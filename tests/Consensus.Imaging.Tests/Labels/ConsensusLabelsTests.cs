using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Labels;

public sealed class ConsensusLabelsTests
{
    // Four pixels with 3, 2, 1 and 0 votes of three raters.
    private static readonly RaterMasks _masks = new(3, 2, 2, [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0]);

    [Fact]
    public void The_soft_map_is_the_share_of_raters()
        => Assert.Equal([1f, 2f / 3, 1f / 3, 0f], ConsensusLabels.SoftMap(_masks));

    [Fact]
    public void Levels_run_from_the_union_to_the_intersection()
    {
        Assert.Equal([1, 1, 1, 0], ConsensusLabels.Level(_masks, 1));
        Assert.Equal([1, 1, 0, 0], ConsensusLabels.Level(_masks, 2));
        Assert.Equal([1, 0, 0, 0], ConsensusLabels.Level(_masks, 3));
        Assert.Equal([1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0], ConsensusLabels.Levels(_masks));
    }

    [Fact]
    public void The_mean_of_the_levels_is_the_soft_map()
    {
        var random = new Random(5);
        var masks = new RaterMasks(7, 9, 8, [.. Enumerable.Range(0, 7 * 72).Select(_ => (byte)random.Next(2))]);
        byte[] levels = ConsensusLabels.Levels(masks);
        float[] soft = ConsensusLabels.SoftMap(masks);
        for (int pixel = 0; pixel < 72; pixel++)
        {
            Assert.Equal(Enumerable.Range(0, 7).Average(level => (double)levels[(level * 72) + pixel]), soft[pixel], 1e-6);
        }
    }

    [Fact]
    public void As_many_levels_as_raters_are_the_papers_levels()
    {
        var random = new Random(3);
        for (int raters = 2; raters <= 32; raters++)
        {
            var masks = new RaterMasks(raters, 3, 5, [.. Enumerable.Range(0, raters * 15).Select(_ => (byte)random.Next(2))]);
            Assert.Equal(ConsensusLabels.Levels(masks), ConsensusLabels.Levels(masks, raters));
        }
    }

    [Fact]
    public void A_level_of_a_fraction_needs_that_share_of_the_raters()
    {
        // Three levels for two raters. 1/3 of two is more than 0 and needs 1 vote; 2/3 of two is more than 1 and needs 2 votes; all needs
        // 2 votes. The pixels have 2, 1 and 0 votes.
        var two = new RaterMasks(2, 1, 3, [1, 1, 0, 1, 0, 0]);
        Assert.Equal([1, 1, 0, 1, 0, 0, 1, 0, 0], ConsensusLabels.Levels(two, 3));

        // Three levels for seven raters: 7/3 is rounded up to 3 votes, and 14/3 to 5 votes. The pixels have 2, 3, 4, 5 and 7 votes. Each
        // row below is one rater.
        var seven = new RaterMasks(
            7, 1, 5, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        Assert.Equal([0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1], ConsensusLabels.Levels(seven, 3));

        // A single level is the intersection. All levels of a single rater equal the rater's mask.
        Assert.Equal(ConsensusLabels.Intersection(seven), ConsensusLabels.Levels(seven, 1));
        Assert.Equal([1, 0, 1, 0], ConsensusLabels.Levels(new RaterMasks(1, 1, 2, [1, 0]), 2));
    }

    [Fact]
    public void Union_majority_and_intersection_count_votes_and_a_tie_is_no_majority()
    {
        Assert.Equal([1, 1, 1, 0], ConsensusLabels.Union(_masks));
        Assert.Equal([1, 1, 0, 0], ConsensusLabels.Majority(_masks));
        Assert.Equal([1, 0, 0, 0], ConsensusLabels.Intersection(_masks));

        // Four raters; the pixels have 2 and 3 votes. Two of four is exactly half, and not more.
        Assert.Equal([0, 1], ConsensusLabels.Majority(new RaterMasks(4, 1, 2, [1, 1, 1, 1, 0, 1, 0, 0])));
    }

    [Fact]
    public void A_level_that_does_not_exist_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsensusLabels.Level(_masks, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsensusLabels.Level(_masks, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsensusLabels.Levels(_masks, 0));
    }

    [Fact]
    public void Reading_labels_leaves_the_masks_alone()
    {
        byte[] before = [.. _masks.Pixels];
        ConsensusLabels.SoftMap(_masks);
        ConsensusLabels.Level(_masks, 1);
        Assert.Equal(before, _masks.Pixels);
    }

    [Fact]
    public void Pairwise_dice_is_the_mean_over_pairs()
    {
        // The areas are 2, 1 and 0. The first two masks share one pixel; the empty mask shares none.
        var masks = new RaterMasks(3, 1, 4, [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        double expected = ((2.0001 / 3.0001) + (0.0001 / 2.0001) + (0.0001 / 1.0001)) / 3;
        Assert.Equal(expected, ConsensusLabels.PairwiseDice(masks), 1e-12);
    }

    [Fact]
    public void Raters_who_all_marked_nothing_agree()
        => Assert.Equal(1, ConsensusLabels.PairwiseDice(new RaterMasks(2, 1, 2, [0, 0, 0, 0])));

    [Fact]
    public void One_rater_has_no_pair()
    {
        var one = new RaterMasks(1, 1, 1, [1]);
        Complaint.Expect<ArgumentException>(() => ConsensusLabels.PairwiseDice(one), "Dice", "two raters");
        Complaint.Expect<ArgumentException>(() => ConsensusLabels.FleissKappa(one), "kappa", "two raters");
    }

    // For each of 30 patients, the number of the six psychiatrists who gave this diagnosis (Fleiss 1971, table 1), and the published kappa
    // of this diagnosis against all others.
    [Theory]
    [InlineData("000002022011010035010002104010", 0.245)] // depression
    [InlineData("031030000001302012012005020000", 0.245)] // personality disorder
    [InlineData("004004430000300500020000000050", 0.520)] // schizophrenia
    [InlineData("600030014054053010400514410400", 0.471)] // neurosis
    [InlineData("031600200600001120036030102006", 0.566)] // other
    public void Fleiss_kappa_of_his_own_example_is_the_published_one(string votes, double expected)
    {
        const int raters = 6;
        byte[] pixels =
        [
            .. Enumerable.Range(0, raters).SelectMany(rater => votes.Select(count => rater < count - '0' ? (byte)1 : (byte)0)),
        ];
        Assert.Equal(expected, ConsensusLabels.FleissKappa(new RaterMasks(raters, 1, votes.Length, pixels)), 0.0005);
    }

    [Fact]
    public void Fleiss_kappa_follows_by_hand()
    {
        // The pixels have 3, 2, 1 and 0 votes of three raters. The shares of agreeing pairs are 1, 1/3, 1/3 and 1, with the mean 2/3. Half
        // of all decisions are marks, so agreement by chance is 1/2. Kappa is (2/3 − 1/2) / (1/2) = 1/3.
        Assert.Equal(1 / 3.0, ConsensusLabels.FleissKappa(_masks), 1e-12);

        // Two raters disagree at every pixel: (0 − 1/2) / (1/2).
        Assert.Equal(-1, ConsensusLabels.FleissKappa(new RaterMasks(2, 1, 2, [1, 0, 0, 1])), 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Raters_who_all_say_the_same_of_every_pixel_agree_fully(byte mark)
        => Assert.Equal(1, ConsensusLabels.FleissKappa(new RaterMasks(3, 1, 2, [mark, mark, mark, mark, mark, mark])));

    [Fact]
    [Trait("Category", "Parity")]
    public void Pairwise_dice_equals_the_published_implementations()
    {
        Assert.SkipUnless(
            File.Exists(TestVectors.PathOf("metrics.json")), $"There is no metrics.json in the folder of vectors ({TestVectors.Folder}).");
        using JsonDocument document = TestVectors.Json("metrics.json");
        int compared = 0;
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            byte[] pixels =
            [
                .. item.GetProperty("masks").EnumerateArray().SelectMany(mask => mask.GetString()!).Select(mark => (byte)(mark - '0')),
            ];
            var masks = new RaterMasks(
                item.GetProperty("raters").GetInt32(), item.GetProperty("height").GetInt32(), item.GetProperty("width").GetInt32(), pixels);
            Assert.Equal(item.GetProperty("expected").GetProperty("pairwise_dice").GetDouble(), ConsensusLabels.PairwiseDice(masks), 1e-6);
            compared++;
        }

        Assert.True(compared > 0, "metrics.json holds no cases.");
    }
}
