using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

/// <summary>The raters of the real data set. Skipped where the set is absent.</summary>
public sealed class QubiqRatersTests
{
    [Fact]
    public void Real_raters_of_brain_growth_agree_as_the_paper_says()
    {
        string folder = SharedData.FindOrSkip(null, "brain-growth");
        CaseListing listing = QubiqDataset.List(folder, QubiqTask.BrainGrowth, QubiqSplit.Train);
        Assert.Equal(34, listing.Cases.Count);
        Assert.Empty(listing.Warnings);
        double mean = listing.Cases.Average(item => ConsensusLabels.PairwiseDice(MaskReader.Read(item.AnnotationPaths)));

        // Table 3 has 0.8574 at the original resolution. These masks are resized to 128 pixels.
        Assert.Equal(0.856, mean, 0.0005);
    }

    [Fact]
    public void Real_raters_converge_to_what_most_of_them_drew()
    {
        string folder = SharedData.FindOrSkip(null, "brain-growth");
        foreach (RaterCase item in QubiqDataset.List(folder, QubiqTask.BrainGrowth, QubiqSplit.Train).Cases)
        {
            RaterMasks masks = MaskReader.Read(item.AnnotationPaths);
            StapleEstimate estimate = Staple.Estimate(masks);
            Assert.True(estimate.Converged, $"{item.Name}: {estimate.Iterations} iterations");
            byte[] truth = estimate.ToMask(), majority = ConsensusLabels.Majority(masks);
            int both = truth.Zip(majority).Count(pixel => pixel is (1, 1));
            Assert.InRange(2.0 * both / (truth.Count((byte)1) + majority.Count((byte)1)), 0.85, 1);
        }
    }
}
