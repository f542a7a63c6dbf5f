namespace Consensus.ML.Studies.Planning;

/// <summary>The size of the networks of a study, and how they are trained and sampled.</summary>
public enum StudyPreset
{
    /// <summary>For a CPU, and slices of about 64 pixels.</summary>
    Compact,

    /// <summary>
    /// As published (Amit et al. 2023, section 4), for a GPU and slices of 256 pixels: the published network and training, and maps of 25
    /// generations with 100 steps each. A pass draws one map. One-pass methods have the U-Net of that size and as many training steps.
    /// Slices should be augmented as published (<see cref="Consensus.Imaging.Augmentation.AugmentationPolicy"/> with its defaults).
    /// </summary>
    Paper,
}
