using Consensus.Imaging.Augmentation;

namespace Consensus.Imaging.Tests.Augmentation;

/// <summary>The mirror axes are computed from the probabilities of flips, and setting them changes these probabilities.</summary>
public sealed class AugmentationPolicyTests
{
    [Fact]
    public void A_policy_s_axes_are_its_probabilities_above_0()
    {
        Assert.Equal(MirrorAxes.Both, new AugmentationPolicy().Mirror);
        Assert.Equal(MirrorAxes.Rows, new AugmentationPolicy { HorizontalFlip = 0 }.Mirror);
        Assert.Equal(new AugmentationPolicy { VerticalFlip = 0 }, new AugmentationPolicy { Mirror = MirrorAxes.Columns });
        Assert.Equal(new AugmentationPolicy { HorizontalFlip = 0, VerticalFlip = 0 }, new AugmentationPolicy { Mirror = MirrorAxes.None });
        Assert.Equal(new AugmentationPolicy(), new AugmentationPolicy { Mirror = MirrorAxes.None } with { Mirror = MirrorAxes.Both });

        // A probability that the user has chosen stays.
        Assert.Equal((0.1, 0.0), Flips(new AugmentationPolicy { HorizontalFlip = 0.1 } with { Mirror = MirrorAxes.Columns }));
        Assert.Equal(
            (0.1, 0.5), Flips(new AugmentationPolicy { HorizontalFlip = 0.1, VerticalFlip = 0 } with { Mirror = MirrorAxes.Both }));

        static (double Columns, double Rows) Flips(AugmentationPolicy policy) => (policy.HorizontalFlip, policy.VerticalFlip);
    }
}
