namespace Consensus.ML.Serving.Images;

/// <summary>Reads images with the readers of Consensus.Imaging.</summary>
internal sealed class ImageDecoder : IImageDecoder
{
    /// <inheritdoc/>
    public DecodedImage Decode(ImageBytes bytes, DecodingRules rules) => throw new NotSupportedException();
}
