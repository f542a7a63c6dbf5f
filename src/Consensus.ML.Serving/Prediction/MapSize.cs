namespace Consensus.ML.Serving.Prediction;

/// <summary>How large maps are wanted.</summary>
internal enum MapSize
{
    /// <summary>As large as the image, and in its place.</summary>
    Native,

    /// <summary>As large as the model's slices.</summary>
    Model,
}
