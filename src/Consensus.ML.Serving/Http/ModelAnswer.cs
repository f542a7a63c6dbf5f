using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Serving.Prediction;

namespace Consensus.ML.Serving.Http;

/// <summary>What is served, as JSON.</summary>
internal sealed record ModelAnswer
{
    /// <summary>"consensus" for a diffusion model, "unet" for a network of one pass.</summary>
    public required string Kind { get; init; }

    /// <summary>Rows of the slices that the model predicts, in pixels. Images of any size are resized.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the slices that the model predicts, in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Channels of an image.</summary>
    public required int Channels { get; init; }

    /// <summary>Levels of consensus; of several structures, the largest number.</summary>
    public required int Levels { get; init; }

    /// <summary>What it segments; one without a name, where it was trained on one.</summary>
    public required IReadOnlyList<ServedStructure> Structures { get; init; }

    /// <summary>Trained networks whose maps are averaged: 1, or more in an ensemble.</summary>
    public required int Members { get; init; }

    /// <summary>Trained values of the network.</summary>
    public required long Parameters { get; init; }

    /// <summary>The axes along which the slices of training lay in their volumes; empty for single slices.</summary>
    public required IReadOnlyList<int> VolumeAxes { get; init; }

    /// <summary>How it samples unless a request says otherwise.</summary>
    public required SamplingAnswer Sampling { get; init; }

    /// <summary>What training did; null where the model does not know.</summary>
    public required TrainingAnswer? Training { get; init; }

    /// <summary>The columns of the first structure, for users of the library.</summary>
    public required MapColumnNames Columns { get; init; }

    /// <summary>The version of the library that serves.</summary>
    public required string Version { get; init; }

    /// <summary>What a request may ask for.</summary>
    public required LimitsAnswer Limits { get; init; }

    public static ModelAnswer FromModel(ServedModel model, LimitsAnswer limits) => new()
    {
        Kind = model.Kind,
        Height = model.Height,
        Width = model.Width,
        Channels = model.Channels,
        Levels = model.Levels,
        Structures = model.Structures,
        Members = model.Members,
        Parameters = model.Parameters,
        VolumeAxes = model.VolumeAxes,
        Sampling = SamplingAnswer.FromOptions(model.Sampling),
        Training = model.Training is { } training ? TrainingAnswer.FromSummary(training) : null,
        Columns = model.Structures[0].Columns,
        Version = LibraryVersion,
        Limits = limits,
    };

    private static string LibraryVersion { get; } = typeof(ConsensusCatalog).Assembly.GetName().Version!.ToString(3);
}

/// <summary>How maps are sampled.</summary>
/// <param name="Generations">Maps sampled for each level.</param>
/// <param name="Tolerance">When averaging ends early; null for never.</param>
/// <param name="Mirror">Whether generations take turns at the image and its mirror images.</param>
/// <param name="Sampler">ddpm, ddim or dpm-solver.</param>
/// <param name="Steps">Diffusion steps; null for all.</param>
/// <param name="Seed">Seed of the noise; null for the model's own.</param>
/// <param name="Precision">float32, bfloat16 or float16.</param>
internal sealed record SamplingAnswer(
    int Generations, double? Tolerance, bool Mirror, string Sampler, int? Steps, int? Seed, string Precision)
{
    public static SamplingAnswer FromOptions(SamplingOptions options) => new(
        options.Generations, options.Tolerance, options.Mirror, Spelling.Write(options.Sampler), options.Steps, options.Seed,
        Spelling.Write(options.Precision));
}

/// <summary>What training did.</summary>
/// <param name="Steps">Steps of the optimizer.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="BestValidationScore">Their soft Dice on the validation cases; null where there were none.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="TrainingCases">Cases trained on.</param>
/// <param name="ValidationCases">Cases that the best weights were chosen by.</param>
internal sealed record TrainingAnswer(
    int Steps, int BestStep, double? BestValidationScore, double Seconds, int TrainingCases, int ValidationCases)
{
    public static TrainingAnswer FromSummary(TrainingSummary summary) => new(
        summary.Steps, summary.BestStep, summary.BestValidationScore, summary.Elapsed.TotalSeconds, summary.TrainingCases,
        summary.ValidationCases);
}

/// <summary>The bounds of a server.</summary>
/// <param name="BodyBytes">The most bytes of a body.</param>
/// <param name="Values">The most values of an image, and of the maps of an answer.</param>
/// <param name="Slices">The most slices of a volume.</param>
/// <param name="Generations">The most generations.</param>
/// <param name="Seconds">The time limit of a request.</param>
internal sealed record LimitsAnswer(long BodyBytes, long Values, int Slices, int Generations, double Seconds);
