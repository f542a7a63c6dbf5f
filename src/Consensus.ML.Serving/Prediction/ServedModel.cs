using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Serving.Prediction;

/// <summary>What a served model is, as clients see it.</summary>
/// <param name="Kind">"consensus" for a diffusion model, "unet" for a network of one pass.</param>
/// <param name="Height">Rows of the slices that it predicts, in pixels.</param>
/// <param name="Width">Columns of the slices that it predicts, in pixels.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Levels">Levels of consensus: as many as raters drew each training case, unless training said otherwise.</param>
/// <param name="Members">Trained networks whose maps are averaged: 1, or more in an ensemble.</param>
/// <param name="Parameters">Trained values of the network; of an ensemble, of its first member.</param>
/// <param name="VolumeAxes">The axes along which the slices of training lay in their volumes; empty for single slices.</param>
/// <param name="Sampling">How it samples unless a request says otherwise.</param>
/// <param name="Training">What training did; null where the model does not know.</param>
/// <param name="Columns">The columns of the model's output.</param>
internal sealed record ServedModel(
    string Kind,
    int Height,
    int Width,
    int Channels,
    int Levels,
    int Members,
    long Parameters,
    IReadOnlyList<int> VolumeAxes,
    SamplingOptions Sampling,
    TrainingSummary? Training,
    MapColumnNames Columns)
{
    /// <summary>Whether sampler and steps mean something.</summary>
    public bool IsDiffusion => Kind == Diffusion;

    /// <summary>The kind of diffusion models.</summary>
    public const string Diffusion = "consensus";

    /// <summary>The kind of networks of one pass.</summary>
    public const string OnePass = "unet";
}

/// <summary>The names of the columns that a model adds.</summary>
/// <param name="SoftMap">The share of raters.</param>
/// <param name="ConsensusMaps">The levels of agreement.</param>
/// <param name="Uncertainty">The deviation of the sampled maps.</param>
internal sealed record MapColumnNames(string SoftMap, string ConsensusMaps, string Uncertainty);
