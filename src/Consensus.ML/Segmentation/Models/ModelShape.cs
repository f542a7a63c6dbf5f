using Consensus.ML.Options;

namespace Consensus.ML.Segmentation.Models;

/// <summary>The size of a model's input and output, and the network for it.</summary>
/// <param name="Height">Rows of a slice.</param>
/// <param name="Width">Columns of a slice.</param>
/// <param name="ImageChannels">Channels of a slice.</param>
/// <param name="Levels">Number of levels C; of several structures the largest.</param>
/// <param name="Network">The network's shape. Its patch size is a number, not null.</param>
internal sealed record ModelShape(int Height, int Width, int ImageChannels, int Levels, NetworkOptions Network)
{
    /// <summary>The structures; null for one structure without named raters.</summary>
    public IReadOnlyList<SegmentedStructure>? Structures { get; init; }
}
