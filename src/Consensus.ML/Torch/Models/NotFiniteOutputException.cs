namespace Consensus.ML.Torch.Models;

/// <summary>
/// A network's output is NaN or infinite: its weights hold NaN, or the image's values are too large for its number format.
/// </summary>
internal sealed class NotFiniteOutputException : InvalidOperationException
{
    public const string Reason = "the network's output is NaN or infinite, and no map can be made of it: "
        + "its weights are not usable, or the image's values are far beyond those it was trained on";

    public NotFiniteOutputException()
        : base($"T{Reason[1..]}.")
    {
    }
}
