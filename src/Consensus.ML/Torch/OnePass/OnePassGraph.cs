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

        Mirrored[] views = prediction.Mirroring.ViewsFor(prediction.Sampling);
        GraphValue seen = GraphValue.Join([.. views.Select(view => prediction.Mirroring.EmitView(image, view))], 0);
        var passes = new List<GraphValue>();
        for (int member = 0; member < prediction.Members; member++)
        {
            GraphValue output = prediction.Check(variant.EmitLogits(prediction.Context(variant.Layout, member), seen));
            GraphValue maps = output.Sigmoid();
            passes.AddRange(views.Select((view, i) => Mirroring.EmitFlip(maps.Part(0, i, 1), view)));
        }

        return prediction.Checked(variant.EmitReduced(GraphValue.Join(passes, 0).Mean(0)));
    }
}
