using Consensus.ML.Diffusion;
using Consensus.ML.Networks;
using Consensus.ML.Training;

namespace Consensus.ML;

/// <summary>What the options of all segmentation estimators have in common; described where users see them.</summary>
internal interface ISegmentationOptions
{
    string FeaturesColumnName { get; }

    string AnnotationsColumnName { get; }

    string CaseColumnName { get; }

    string ImageColumnName { get; }

    string ImagePathColumnName { get; }

    string RaterNamesColumnName { get; }

    string SoftMapColumnName { get; }

    string ConsensusMapsColumnName { get; }

    string UncertaintyColumnName { get; }

    string SamplesColumnName { get; }

    MissingRaters MissingRaters { get; }

    int? Levels { get; }

    NetworkOptions Network { get; }

    TrainingOptions Training { get; }

    SamplingOptions Sampling { get; }

    string? Device { get; }

    int? Seed { get; }

    IProgress<TrainingProgress>? Progress { get; }

    CancellationToken Cancellation { get; }

    CheckpointOptions? Checkpoints { get; }

    /// <summary>What takes each rater for a level, for messages, so that it matters who drew a mask; null where nothing does.</summary>
    string? TakesRatersForLevels { get; }
}
