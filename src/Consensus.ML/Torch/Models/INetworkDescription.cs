using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// What the descriptions of all segmentation networks have in common: records, whose members say what tells one from another.
/// </summary>
internal interface INetworkDescription
{
    /// <summary>Rows of a slice.</summary>
    int Height { get; }

    /// <summary>Columns of a slice.</summary>
    int Width { get; }

    /// <summary>Names and shapes of the weights.</summary>
    WeightLayout Layout();

    /// <summary>
    /// The description with what changes neither a weight's shape nor its meaning at rest: two that are then equal but for their sizes
    /// can take each other's weights.
    /// </summary>
    INetworkDescription Comparable();
}
