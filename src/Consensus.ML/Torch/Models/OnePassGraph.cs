using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>The prediction of <see cref="UNetModel"/> as a graph.</summary>
internal static class OnePassGraph
{
    /// <param name="description">The model.</param>
    /// <param name="prediction">How to predict.</param>
    /// <param name="image">Normalised slice, 1×C×H×W.</param>
    /// <exception cref="NotSupportedException">The kind draws random numbers inside the network.</exception>
    public static GraphMaps Emit(UNetDescription description, GraphPrediction prediction, GraphValue image)
    {
        if (description.Kind == UNetKind.MonteCarloDropout)
        {
            throw new NotSupportedException(
                $"The kind {UNetKind.MonteCarloDropout} draws at random, inside the network, what each pass drops. A graph repeats nothing "
                + "that it draws itself, so it cannot give this model's maps; every other kind can be exported.");
        }

        (UNet network, WeightLayout layout) = description.CreateNetwork();
        Mirrored[] views = prediction.Mirroring.ViewsFor(prediction.Sampling);
        GraphValue seen = GraphValue.Join([.. views.Select(view => prediction.Mirroring.EmitView(image, view))], 0);
        var passes = new List<GraphValue>();
        for (int member = 0; member < prediction.Members; member++)
        {
            GraphContext context = prediction.Context(layout, member);
            GraphValue output = prediction.Check(network.Emit(context, network.EmitEnter(context, seen), embedding: null));
            GraphValue maps = output.Sigmoid();
            passes.AddRange(views.Select((view, i) => Mirroring.EmitFlip(maps.Part(0, i, 1), view)));
        }

        return prediction.Checked(MapReduction.Emit(
            GraphValue.Join(passes, 0).Mean(0), description.Kind, description.Levels, description.Rounded));
    }
}
