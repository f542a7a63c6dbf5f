using Consensus.ML.MLNet;
using Microsoft.ML;

namespace Consensus.ML;

/// <summary>What Consensus.ML adds to an <see cref="MLContext"/> and to trained models.</summary>
public static partial class ConsensusCatalog
{
    extension(MLContext context)
    {
        /// <summary>Tasks on segmentations, beside ML.NET's own <c>BinaryClassification</c>, <c>Regression</c> and so on.</summary>
        public SegmentationCatalog Segmentation => new(context.Environment());
    }
}
