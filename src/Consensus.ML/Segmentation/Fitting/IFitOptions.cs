using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// The options that a fit reads. The options of the trainers implement it, so that this room does not depend on the trainers that use
/// it.
/// </summary>
internal interface IFitOptions
{
    /// <summary>Input column: the slices at the model's size.</summary>
    string FeaturesColumnName { get; }

    /// <summary>Label column: the raters' masks.</summary>
    string AnnotationsColumnName { get; }

    /// <summary>The column with the name of the case. The data need not have it.</summary>
    string CaseColumnName { get; }

    /// <summary>The column that says which cases belong together; null for no such column.</summary>
    string? GroupColumnName { get; }

    /// <summary>The column with the image at its own size. The data need not have it.</summary>
    string ImageColumnName { get; }

    /// <summary>The column with the path of the image. The data need not have it.</summary>
    string ImagePathColumnName { get; }

    /// <summary>The column with the names of the raters. It is read only where it matters who drew a mask.</summary>
    string RaterNamesColumnName { get; }

    /// <summary>The names of the structures; empty for one structure without a name.</summary>
    IReadOnlyList<string> Structures { get; }

    /// <summary>Whether the network also learns the mask of each named rater.</summary>
    bool NamedRaters { get; }

    /// <summary>The option that makes each level one rater, for messages; null where a level is a share of the raters.</summary>
    string? RaterLevelSource { get; }

    /// <summary>What training does with a case that does not have all raters.</summary>
    MissingRaters MissingRaters { get; }

    /// <summary>The number of levels; null for the number of raters.</summary>
    int? Levels { get; }

    /// <summary>The shape of the network.</summary>
    NetworkOptions Network { get; }

    /// <summary>How the network is trained.</summary>
    TrainingOptions Training { get; }

    /// <summary>The device to train on; null for the choice of the environment.</summary>
    string? Device { get; }

    /// <summary>The seed; null for the seed of the environment.</summary>
    int? Seed { get; }

    /// <summary>Ends the fit early.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Where training keeps checkpoints, so that it can go on after a crash; null for nowhere.</summary>
    CheckpointOptions? Checkpoints { get; }

    /// <summary>The processes that train together.</summary>
    ICollective Processes { get; }

    /// <summary>The most bytes that the cases may take in memory; null for half of the memory that .NET may use.</summary>
    long? MemoryLimit { get; }

    /// <summary>The manifest of a model that these options train.</summary>
    /// <param name="shape">The size of the model.</param>
    /// <param name="seed">The seed of training.</param>
    /// <param name="training">How the model was trained.</param>
    ModelManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training);
}
