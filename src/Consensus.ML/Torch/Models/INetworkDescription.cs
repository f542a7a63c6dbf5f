using Consensus.ML.Graphs;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// What the descriptions of all segmentation networks have in common. They are records, and their members show how two of them differ.
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
    /// The description with default values for everything that changes neither the shapes nor the use of weights. Two networks can take
    /// each other's weights if these descriptions differ in their sizes only.
    /// </summary>
    INetworkDescription Comparable();

    /// <summary>Writes the prediction into a graph.</summary>
    /// <param name="prediction">How to predict.</param>
    /// <param name="image">Normalised slice, 1×C×H×W.</param>
    /// <exception cref="NotSupportedException">A graph cannot predict this way; the message names the option.</exception>
    GraphMaps Emit(GraphPrediction prediction, GraphValue image);
}
