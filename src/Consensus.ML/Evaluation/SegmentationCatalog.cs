using Microsoft.ML.Runtime;

namespace Consensus.ML;

/// <summary>What can be done with segmentations by several raters besides training: <c>mlContext.Segmentation</c>.</summary>
public sealed class SegmentationCatalog
{
    internal SegmentationCatalog(IHostEnvironment environment) => Environment = environment;

    internal IHostEnvironment Environment { get; }
}
