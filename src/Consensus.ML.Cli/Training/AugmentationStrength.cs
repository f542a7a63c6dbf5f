namespace Consensus.ML.Cli.Training;

/// <summary>How much training varies the cases.</summary>
internal enum AugmentationStrength
{
    /// <summary>As AugmentSlices does by itself.</summary>
    Strong,

    /// <summary>As the paper does.</summary>
    Published,
}
