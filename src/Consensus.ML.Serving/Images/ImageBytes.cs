namespace Consensus.ML.Serving.Images;

/// <summary>What a client sent as an image: the bytes of one file, or of several with a channel each.</summary>
/// <param name="Files">The files in the order of the channels, at least one.</param>
internal sealed record ImageBytes(IReadOnlyList<ReadOnlyMemory<byte>> Files)
{
    /// <summary>What messages call a file. What the client calls it is not looked at: it may be the name of a patient.</summary>
    public string NameOf(int file) => Files.Count == 1 ? "image" : $"image, channel {file + 1}";
}
