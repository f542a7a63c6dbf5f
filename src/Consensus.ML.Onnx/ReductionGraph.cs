using Consensus.ML.Graphs;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;

namespace Consensus.ML.Onnx;

/// <summary>The last part of a model alone: from sampled maps of any number of generations to the prediction.</summary>
internal static class ReductionGraph
{
    /// <summary>The graph as a file; the input is <see cref="OnnxFile.Samples"/>, generations × maps × height × width.</summary>
    public static byte[] Create(ModelManifest manifest)
    {
        var graph = new GraphBuilder();
        long height = manifest.Height, width = manifest.Width;
        if (manifest is DiffusionManifest diffusion)
        {
            GraphValue samples = graph.Input(
                OnnxFile.Samples, GraphType.Single, "Sampled maps.", "generations", (long)diffusion.Description.Conditions.Count, height,
                width);
            OnnxFile.AddMaps(graph, ConditionReduction.Emit(samples, diffusion.Description), manifest);
        }
        else
        {
            GraphValue samples = graph.Input(OnnxFile.Samples, GraphType.Single, "Maps.", "passes", "maps", height, width);
            GraphValue maps = samples.Reshaped(GraphValue.AnySize, height, width);
            graph.Output(OnnxFile.SoftMap, MapReduction.EmitSoftMap(maps, ((OnePassManifest)manifest).Rounded), "", height, width);
        }

        using var stream = new MemoryStream();
        graph.ToModel("reduction", ("Consensus.ML", manifest.Libraries.Consensus), "Maps from samples.", new Dictionary<string, string>())
            .Write(stream);
        return stream.ToArray();
    }
}
