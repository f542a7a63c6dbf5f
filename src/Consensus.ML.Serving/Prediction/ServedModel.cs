using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Serving.Prediction;

/// <summary>What a served model is, as clients see it.</summary>
/// <param name="Kind">"consensus" for a diffusion model, "unet" for a network of one pass.</param>
/// <param name="Height">Rows of the slices that it predicts, in pixels.</param>
/// <param name="Width">Columns of the slices that it predicts, in pixels.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Members">Trained networks whose maps are averaged: 1, or more in an ensemble.</param>
/// <param name="Parameters">Trained values of the network; of an ensemble, of its first member.</param>
/// <param name="VolumeAxes">The axes along which the slices of training lay in their volumes; empty for single slices.</param>
/// <param name="Sampling">How it samples unless a request says otherwise.</param>
/// <param name="Training">What training did; null where the model does not know.</param>
/// <param name="Structures">What it segments; one without a name, where it was trained on one.</param>
internal sealed record ServedModel(
    string Kind,
    int Height,
    int Width,
    int Channels,
    int Members,
    long Parameters,
    IReadOnlyList<int> VolumeAxes,
    SamplingOptions Sampling,
    TrainingSummary? Training,
    IReadOnlyList<ServedStructure> Structures)
{
    /// <summary>Levels of consensus; of several structures, the largest number.</summary>
    public int Levels => Structures.Max(structure => structure.Levels);

    /// <summary>Whether sampler and steps mean something.</summary>
    public bool IsDiffusion => Kind == Diffusion;

    /// <summary>The kind of diffusion models.</summary>
    public const string Diffusion = "consensus";

    /// <summary>The kind of networks of one pass.</summary>
    public const string OnePass = "unet";
}

/// <summary>A structure that a model segments.</summary>
/// <param name="Name">Its name; empty where the model has one without a name.</param>
/// <param name="Levels">Levels of consensus: as many as raters drew each training case, unless training said otherwise.</param>
/// <param name="Raters">The names of the raters whose masks are drawn; empty for none.</param>
/// <param name="Columns">The columns of its maps.</param>
internal sealed record ServedStructure(string Name, int Levels, IReadOnlyList<string> Raters, MapColumnNames Columns);

/// <summary>The names of the columns that a model adds for a structure.</summary>
/// <param name="SoftMap">The share of raters.</param>
/// <param name="ConsensusMaps">The levels of agreement.</param>
/// <param name="Uncertainty">The deviation of the sampled maps.</param>
/// <param name="RaterMaps">The masks of the named raters, in their order.</param>
internal sealed record MapColumnNames(string SoftMap, string ConsensusMaps, string Uncertainty, IReadOnlyList<string> RaterMaps);
