using Consensus.ML.Options;

namespace Consensus.ML.Segmentation.Models;

/// <summary>The size of a model's input and output, and the network for it.</summary>
/// <param name="Height">Rows of a slice.</param>
/// <param name="Width">Columns of a slice.</param>
/// <param name="ImageChannels">Channels of a slice.</param>
/// <param name="Levels">Number of levels C.</param>
/// <param name="Network">The network's shape. Its patch size is a number, not null.</param>
internal sealed record ModelShape(int Height, int Width, int ImageChannels, int Levels, NetworkOptions Network);
