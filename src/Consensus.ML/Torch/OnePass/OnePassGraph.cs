using Consensus.ML.Graphs;
using Consensus.ML.Torch.Models;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The prediction of <see cref="UNetModel"/> as a graph.</summary>
internal static class OnePassGraph
{
    /// <param name="description">The model.</param>
    /// <param name="prediction">How to predict.</param>
    /// <param name="image">Normalised slice, 1×C×H×W.</param>
    /// <exception cref="NotSupportedException">No graph can predict as this kind does.</exception>
    public static GraphMaps Emit(UNetDescription description, GraphPrediction prediction, GraphValue image)
    {
        OnePassVariant variant = description.Variant();
        if (variant.GraphRefusal is { } reason)
        {
            throw new NotSupportedException(reason);
        }

        return prediction.Checked(variant.EmitReduced(variant.EmitMaps(prediction, image)));
    }
}
