using System.Text.Json;
using Consensus.ML.Imaging;
using Consensus.ML.Labels;
using Consensus.ML.Tests.Imaging;

namespace Consensus.ML.Tests.Labels;

public sealed class ConsensusLabelsTests
{
    // Votes of three raters on four pixels: 3, 2, 1, 0.
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
    public void A_level_that_does_not_exist_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsensusLabels.Level(_masks, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsensusLabels.Level(_masks, 4));
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
        // Areas 2, 1 and 0: the first two share one pixel, the empty one none.
        var masks = new RaterMasks(3, 1, 4, [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        double expected = ((2.0001 / 3.0001) + (0.0001 / 2.0001) + (0.0001 / 1.0001)) / 3;
        Assert.Equal(expected, ConsensusLabels.PairwiseDice(masks), 1e-12);
    }

    [Fact]
    public void Raters_who_all_marked_nothing_agree()
        => Assert.Equal(1, ConsensusLabels.PairwiseDice(new RaterMasks(2, 1, 2, [0, 0, 0, 0])));

    [Fact]
    public void One_rater_has_no_pair()
        => Complaint.Expect<ArgumentException>(() => ConsensusLabels.PairwiseDice(new RaterMasks(1, 1, 1, [1])), "two raters");

    [Fact]
    [Trait("Category", "Parity")]
    public void Pairwise_dice_equals_the_published_implementations()
    {
        Assert.SkipUnless(File.Exists(TestVectors.PathOf("metrics.json")), $"There is no metrics.json in the folder of vectors ({TestVectors.Folder}).");
        using JsonDocument document = TestVectors.Json("metrics.json");
        int compared = 0;
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            byte[] pixels = [.. item.GetProperty("masks").EnumerateArray().SelectMany(mask => mask.GetString()!).Select(mark => (byte)(mark - '0'))];
            var masks = new RaterMasks(item.GetProperty("raters").GetInt32(), item.GetProperty("height").GetInt32(), item.GetProperty("width").GetInt32(), pixels);
            Assert.Equal(item.GetProperty("expected").GetProperty("pairwise_dice").GetDouble(), ConsensusLabels.PairwiseDice(masks), 1e-6);
            compared++;
        }

        Assert.True(compared > 0, "metrics.json holds no cases.");
    }

    [Fact]
    public void Real_raters_of_brain_growth_agree_as_the_paper_says()
    {
        string folder = SharedData.FindOrSkip(null, "brain-growth");
        QubiqListing listing = QubiqDataset.List(folder, QubiqTask.BrainGrowth, QubiqSplit.Train);
        Assert.Equal(34, listing.Cases.Count);
        Assert.Empty(listing.Warnings);
        double mean = listing.Cases.Average(item => ConsensusLabels.PairwiseDice(MaskReader.Read(item.AnnotationPaths)));

        // 0.8574 in Table 3, at the original resolution; these are resized to 128 pixels.
        Assert.Equal(0.856, mean, 0.0005);
    }
}
