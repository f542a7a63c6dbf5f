using Consensus.ML.MLNet;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Chains;

/// <summary>Finds in a trained chain what an ONNX file holds: the segmentation, and what happens to an image before it.</summary>
internal static class OnnxChain
{
    /// <summary>The segmentation and its preparation.</summary>
    /// <exception cref="ArgumentException">The model has no segmentation of this library in it, or several.</exception>
    /// <exception cref="NotSupportedException">A step changes the image in a way that no graph here does; the message names it.</exception>
    public static (SegmentationTransformer Segmentation, OnnxPreparation Preparation) Open(ITransformer model)
    {
        ITransformer[] steps = [.. PipelineSteps.List(model)];
        SegmentationTransformer[] found = [.. steps.OfType<SegmentationTransformer>()];
        if (found.Length != 1)
        {
            throw new ArgumentException(
                $"The model ({model.GetType().Name}) has "
                + $"{(found.Length == 0 ? "no consensus segmentation" : $"{found.Length} segmentations")} in it; one can be exported.",
                nameof(model));
        }

        // From the segmentation back to the file: each step gives the column that is looked for, or another one.
        string column = found[0].Manifest.Columns.Features;
        string? path = null;
        bool isSlice = false, antialias = false;
        var normalizations = new List<OnnxNormalization>();
        for (int i = Array.IndexOf(steps, found[0]) - 1; i >= 0; i--)
        {
            switch (steps[i])
            {
                case SliceResizingTransformer resizing when resizing.OutputColumn == column && !isSlice:
                    (column, isSlice, antialias) = (resizing.InputColumn, true, resizing.Antialias);
                    break;
                case SliceNormalizingTransformer normalizing when normalizing.OutputColumn == column:
                    normalizations.Insert(0, normalizing.Describe());
                    column = normalizing.InputColumn;
                    break;
                case SliceLoadingTransformer loading when loading.OutputColumn == column:
                    path = loading.InputColumn;
                    break;
                case SliceResizingTransformer or SliceNormalizingTransformer or SliceLoadingTransformer or SliceAugmentingTransformer:
                    break;
                default:
                    throw new NotSupportedException(
                        $"Step {i + 1} of the model ({steps[i].GetType().Name}) is none of LoadSlices, NormalizeSlices, ResizeSlices and "
                        + "AugmentSlices, and cannot be a part of the ONNX graph. Export the segmentation alone (its own SaveOnnx), and do "
                        + "before it what the other steps do.");
            }

            if (path is not null)
            {
                break;
            }
        }

        return (found[0], new(isSlice ? column : null, path, normalizations) { Antialias = antialias });
    }
}
