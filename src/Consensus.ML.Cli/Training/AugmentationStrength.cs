using Consensus.Imaging.Augmentation;
using Consensus.ML.Cli.Data;

namespace Consensus.ML.Cli.Training;

/// <summary>How much training varies the cases.</summary>
internal enum AugmentationStrength
{
    /// <summary>The library's default: deformed, and with other grey values.</summary>
    Strong,

    /// <summary>As the paper does: mirrored, turned, shifted and scaled.</summary>
    Published,
}

/// <summary>From a strength to the policy of a set's cases.</summary>
internal static class AugmentationStrengths
{
    /// <summary>How training varies the cases of a set.</summary>
    /// <param name="source">The set.</param>
    /// <param name="strength">How much.</param>
    /// <param name="mirror">The axes to mirror along; null for those of the set's task.</param>
    public static AugmentationPolicy AugmentationAt(this CaseSource source, AugmentationStrength strength, MirrorAxes? mirror)
    {
        AugmentationPolicy policy = strength == AugmentationStrength.Published ? new() : source.Augmentation;
        return policy with { Mirror = mirror ?? source.Augmentation.Mirror };
    }
}
