namespace Consensus.ML.Segmentation.Exporting;

/// <summary>What happens to an image before the network gets it: the graph does it, and its metadata tells of it.</summary>
/// <param name="Image">The column with the slices; null where the model was exported without the steps before it.</param>
/// <param name="ImagePath">The column with the paths that slices are read from; null where the model reads none.</param>
/// <param name="Normalizations">Shifts and scales of the channels, one after another.</param>
internal sealed record OnnxPreparation(string? Image, string? ImagePath, IReadOnlyList<OnnxNormalization> Normalizations)
{
    /// <summary>Whether a side that is reduced gets the mean of the pixels that each new one covers.</summary>
    public bool Antialias { get; init; }
}

/// <summary>A step of NormalizeSlices.</summary>
/// <param name="Means">What is subtracted from each channel.</param>
/// <param name="Deviations">What each channel is divided by, unless it is 0.</param>
/// <param name="NoData">The value that marks pixels without data; null for none.</param>
/// <param name="Ranges">The smallest and largest value and the least width of training's images, three for each channel.</param>
internal sealed record OnnxNormalization(
    IReadOnlyList<double> Means, IReadOnlyList<double> Deviations, float? NoData, IReadOnlyList<float> Ranges)
{
    /// <summary>Whether each slice is brought to its own scale before.</summary>
    public bool EachSlice { get; init; }
}
