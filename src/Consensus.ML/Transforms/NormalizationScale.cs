namespace Consensus.ML.Transforms;

/// <summary>What NormalizeSlices takes the scale of a slice's grey values from.</summary>
public enum NormalizationScale
{
    /// <summary>
    /// The training images decide. If their grey values differ much in level and contrast, as those of microscopes and photographs do,
    /// each slice has its own scale, else the training set has one. Slices of volumes have the scale of the training set: the first and
    /// last ones may show little but noise.
    /// </summary>
    Automatic,

    /// <summary>One scale for all slices, learned from the training images, as published.</summary>
    TrainingSet,

    /// <summary>Each slice has a scale of its own, which a few very bright or dark pixels do not change.</summary>
    EachSlice,
}
