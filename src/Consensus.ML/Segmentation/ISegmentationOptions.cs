using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>What the options of all segmentation estimators have in common; described where users see them.</summary>
internal interface ISegmentationOptions
{
    string FeaturesColumnName { get; set; }

    string AnnotationsColumnName { get; }

    string CaseColumnName { get; }

    string? GroupColumnName { get; }

    string ImageColumnName { get; }

    string ImagePathColumnName { get; }

    string RaterNamesColumnName { get; }

    string SoftMapColumnName { get; set; }

    string ConsensusMapsColumnName { get; set; }

    string UncertaintyColumnName { get; set; }

    string SamplesColumnName { get; set; }

    MissingRaters MissingRaters { get; set; }

    int? Levels { get; set; }

    NetworkOptions Network { get; set; }

    TrainingOptions Training { get; set; }

    SamplingOptions Sampling { get; set; }

    string? Device { get; set; }

    int? Seed { get; set; }

    IProgress<TrainingProgress>? Progress { get; set; }

    IDataView? ValidationSet { get; }

    CancellationToken Cancellation { get; set; }

    CheckpointOptions? Checkpoints { get; set; }

    long? MemoryLimit { get; set; }

    ITransformer? StartFrom { get; set; }

    /// <summary>The weights of the network that such options train, without their values.</summary>
    WeightLayout Layout(int height, int width, int channels, int levels, NetworkOptions network);

    /// <summary>What takes each rater for a level, for messages, so that it matters who drew a mask; null where nothing does.</summary>
    string? TakesRatersForLevels { get; }
}
