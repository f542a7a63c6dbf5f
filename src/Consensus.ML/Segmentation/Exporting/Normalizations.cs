using Consensus.ML.Transforms;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Exporting;

/// <summary>NormalizeSlices as a part of an ONNX file, and back.</summary>
internal static class Normalizations
{
    /// <summary>What a step does.</summary>
    public static OnnxNormalization Describe(this SliceNormalizingTransformer step) => new(
        [.. step.Means], [.. step.StandardDeviations], step.NoDataValue,
        [.. step.Ranges.SelectMany(range => new[] { range.Smallest, range.Largest, range.LeastWidth })])
    {
        EachSlice = step.Scale == NormalizationScale.EachSlice,
    };

    /// <summary>The step that does it, in place.</summary>
    public static SliceNormalizingTransformer ToStep(this OnnxNormalization normalization, IHostEnvironment environment, string column) =>
        new(
            environment, column, column, [.. normalization.Means], [.. normalization.Deviations], normalization.NoData,
            [.. normalization.Ranges.Chunk(3).Select(range => new ValueRange(range[0], range[1], range[2]))],
            normalization.EachSlice ? NormalizationScale.EachSlice : NormalizationScale.TrainingSet);
}
