using Consensus.Imaging.Labels;
using Consensus.ML.Options;

namespace Consensus.ML.Studies.Planning;

/// <summary>
/// How a method has to train. All methods of a study get the same recipe. What it leaves open (null) each method decides for itself, so
/// that methods may differ there: in steps, precision, generations, and in the cases that they train on
/// (<see cref="ValidationFraction"/>).
/// </summary>
public sealed record StudyRecipe
{
    /// <summary>Number of levels C: the number of raters of a complete case.</summary>
    public required int Levels { get; init; }

    /// <summary>The network, and how it is trained and sampled.</summary>
    public StudyPreset Preset { get; init; }

    /// <summary>What is done with cases that some raters have not segmented.</summary>
    public MissingRaters MissingRaters { get; init; } = MissingRaters.Drop;

    /// <summary>Optimizer steps after which training ends; null for no such limit.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Wall time after which training ends; null for no such limit. Without both limits, each method trains for its own number of steps.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Share of the training cases that is set aside to choose the best weights, in [0, 0.5]. Null for the method's own, which is not the
    /// same for all: with the preset Compact, a diffusion method trains on all cases of a small set in a short training
    /// (<see cref="TrainingOptions.ShareSetAside"/>). Otherwise it sets a tenth aside, as one-pass methods and the preset Paper always do.
    /// </summary>
    public double? ValidationFraction { get; init; }

    /// <summary>How many maps a diffusion method samples for each level; null for the method's own number.</summary>
    public int? Generations { get; init; }

    /// <summary>Number format of training; null for the method's own.</summary>
    public Precision? Precision { get; init; }

    /// <summary>"cpu", "cuda" or "cuda:N"; null for the device of the context.</summary>
    public string? Device { get; init; }

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; }

    /// <summary>Where training keeps checkpoints, so that it can go on after a crash.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>Receives a report after every training step; null for no reports.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Whether this training is only to be timed: it then has no validations.</summary>
    internal bool IsMeasured { get; init; }

    /// <summary>Ends training early.</summary>
    public CancellationToken Cancellation { get; init; }
}
