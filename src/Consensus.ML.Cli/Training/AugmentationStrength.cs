using Consensus.Imaging.Augmentation;
using Consensus.ML.Cli.Data;

namespace Consensus.ML.Cli.Training;

/// <summary>How strongly training augments the cases.</summary>
internal enum AugmentationStrength
{
    /// <summary>
    /// The library's default: also deforms cases, changes grey values, reflects cases at their edges, and turns cases without a common
    /// orientation by any angle.
    /// </summary>
    Strong,

    /// <summary>As in the paper: mirrors, turns, shifts and scales cases.</summary>
    Published,
}

/// <summary>Turns a strength into the policy for the cases of a set.</summary>
internal static class AugmentationStrengths
{
    /// <summary>How training augments the cases of a set.</summary>
    /// <param name="source">The set.</param>
    /// <param name="strength">The strength.</param>
    /// <param name="mirror">The axes to mirror along; null for the axes of the set's task.</param>
    public static AugmentationPolicy AugmentationAt(this CaseSource source, AugmentationStrength strength, MirrorAxes? mirror)
    {
        AugmentationPolicy policy = strength == AugmentationStrength.Published ? new() : AugmentationPolicy.Strong;
        return policy with { Mirror = mirror ?? source.Mirror };
    }
}
