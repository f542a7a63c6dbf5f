using Consensus.ML.MLNet;
using Microsoft.ML;

namespace Consensus.ML;

/// <summary>Extends <see cref="MLContext"/> and trained models with the loaders, steps and trainers of Consensus.ML.</summary>
public static partial class ConsensusCatalog
{
    extension(MLContext context)
    {
        /// <summary>Tasks on segmentations, in addition to ML.NET's own <c>BinaryClassification</c>, <c>Regression</c> and so on.</summary>
        public SegmentationCatalog Segmentation => new(context.Environment());
    }
}
