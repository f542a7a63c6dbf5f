namespace Consensus.Imaging.Augmentation;

/// <summary>What pixels show that come from outside the slice when augmentation moves it.</summary>
public enum PaddingMode
{
    /// <summary>The raw value 0, after normalisation, and no mask. As published.</summary>
    Constant = 0,

    /// <summary>
    /// The reflection of the slice in its edge, with the masks reflected alike. A slice whose background is not black, as in microscopy,
    /// then has no corners that no image has.
    /// </summary>
    Reflection = 1,
}
