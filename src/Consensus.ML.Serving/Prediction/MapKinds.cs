namespace Consensus.ML.Serving.Prediction;

/// <summary>The maps that a request may ask for.</summary>
[Flags]
internal enum MapKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The predicted share of raters.</summary>
    Soft = 1,

    /// <summary>Each level of agreement.</summary>
    Levels = 2,

    /// <summary>Standard deviation of the sampled maps.</summary>
    Uncertainty = 4,

    /// <summary>The mask that each named rater would draw.</summary>
    Raters = 8,
}
