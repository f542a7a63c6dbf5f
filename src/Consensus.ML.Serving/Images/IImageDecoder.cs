namespace Consensus.ML.Serving.Images;

/// <summary>Reads images from memory.</summary>
internal interface IImageDecoder
{
    /// <summary>Reads an image, choosing the format by its content.</summary>
    /// <param name="bytes">The files.</param>
    /// <param name="rules">What decides how it is read, and how large it may be.</param>
    /// <exception cref="UnknownFormatException">A file is of no format that is read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, too large, or does not fit the others.</exception>
    DecodedImage Decode(ImageBytes bytes, DecodingRules rules);
}

/// <summary>How an image is read, and how large it may be.</summary>
/// <param name="Axis">The axis that the client asks for; null to choose it.</param>
/// <param name="ModelAxes">The axes of the slices that the model knows; empty where it knows none.</param>
/// <param name="MaximumSlices">The most slices.</param>
/// <param name="MaximumValues">The most values over all slices and channels.</param>
internal sealed record DecodingRules(int? Axis, IReadOnlyList<int> ModelAxes, int MaximumSlices, long MaximumValues);

/// <summary>What was sent is of no format that is read.</summary>
internal sealed class UnknownFormatException(string message) : Exception(message);
