using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Training;
using Microsoft.ML;

namespace Consensus.ML.Studies.Running;

/// <summary>What a trained step tells of itself.</summary>
/// <param name="Parameters">Number of trained values; 0 where it is not known.</param>
/// <param name="History">What training did.</param>
internal sealed record TrainedSummary(long Parameters, TrainingHistory History)
{
    /// <summary>The facts of a model of the library; of any other, that nothing is known.</summary>
    public static TrainedSummary Of(ITransformer step) => step switch
    {
        ConsensusSegmentationTransformer diffusion =>
            new(diffusion.Manifest.Description.CreateNetwork().Layout.ParameterCount, diffusion.Manifest.Training.History),
        UNetSegmentationTransformer unet =>
            new(unet.Manifest.Description.CreateNetwork().Layout.ParameterCount, unet.Manifest.Training.History),
        _ => new(0, new(0, 0, null, double.NaN, 0, 0, false, [])),
    };
}
