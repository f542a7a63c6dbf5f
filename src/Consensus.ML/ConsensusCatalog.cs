using Consensus.ML.MLNet;
using Microsoft.ML;

namespace Consensus.ML;

/// <summary>Extends <see cref="MLContext"/> and trained models with the loaders, steps and trainers of Consensus.ML.</summary>
/// <remarks>
/// <c>ml.Segmentation</c> is a <see cref="SegmentationCatalog"/>: it evaluates, cross-validates and combines models. The methods of this
/// class extend <see cref="DataOperationsCatalog"/> (<c>ml.Data</c>: loaders), <see cref="TransformsCatalog"/> (<c>ml.Transforms</c>: steps
/// and trainers), and pipelines and trained models.
/// </remarks>
public static partial class ConsensusCatalog
{
    extension(MLContext context)
    {
        /// <summary>Tasks on segmentations, in addition to ML.NET's own <c>BinaryClassification</c>, <c>Regression</c> and so on.</summary>
        public SegmentationCatalog Segmentation => new(context.Environment());
    }
}
