using System.Text.Json.Serialization;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;

namespace Consensus.ML.Segmentation.Models;

/// <summary>How a model was trained.</summary>
internal sealed record ManifestTraining(TrainingOptions Options, AugmentationPolicy? Augmentation, TrainingHistory History)
{
    /// <summary>What training did with cases that did not have all raters.</summary>
    public MissingRaters MissingRaters { get; init; }

    /// <summary>How far the masks were shifted against their images; null in models that did not record it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskOffset? MaskOffset { get; init; }

    /// <summary>By what factor the masks were reduced; null where it differed between cases, or was not recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskScale? MaskScale { get; init; }

    /// <summary>
    /// The axes along which its slices lay in their volumes, in ascending order. Empty for single slices; null in models that did not
    /// record it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? VolumeAxes { get; init; }

    /// <summary>For a model that has no training history, such as a model from a published checkpoint.</summary>
    public static ManifestTraining Untrained(TrainingOptions options) => new(options, null, new(0, 0, null, 0, 0, 0, false, []));

    /// <summary>The mirror images that the model has learned to know.</summary>
    [JsonIgnore]
    public Mirroring Mirroring => Mirroring.LearnedFrom(Augmentation, MaskOffset ?? Consensus.ML.Torch.Models.MaskOffset.None);

    /// <summary>Where the model's maps lie on its slices; null where the model did not record it.</summary>
    [JsonIgnore]
    public MapPlacement? Placement =>
        MaskOffset is null ? null : new(new(MaskOffset.Rows, MaskScale?.Rows), new(MaskOffset.Columns, MaskScale?.Columns));
}
