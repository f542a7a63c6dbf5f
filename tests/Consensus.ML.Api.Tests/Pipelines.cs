using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

internal static class Pipelines
{
    /// <summary>From image paths to maps of 16×16 pixels.</summary>
    public static EstimatorChain<ConsensusSegmentationTransformer> Build(
        MLContext context,
        ConsensusSegmentationEstimator.Options options,
        int side = 16) =>
        context.Transforms.LoadSlices("Image", "ImagePath")
            .Append(context.Transforms.NormalizeSlices("Image"))
            .Append(context.Transforms.ResizeSlices("Features", "Image", height: side, width: side))
            .Append(context.Transforms.ConsensusSegment(options));
}
