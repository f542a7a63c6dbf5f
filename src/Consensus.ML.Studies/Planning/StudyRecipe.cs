using Consensus.Imaging.Labels;
using Consensus.ML.Options;

namespace Consensus.ML.Studies.Planning;

/// <summary>What a method is given to train by: the same for all methods of a study.</summary>
public sealed record StudyRecipe
{
    /// <summary>Number of levels C: of raters of a complete case.</summary>
    public required int Levels { get; init; }

    /// <summary>What is done with cases that not all raters have drawn.</summary>
    public MissingRaters MissingRaters { get; init; } = MissingRaters.Drop;

    /// <summary>Optimizer steps after which training ends; null for no such limit.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Wall time after which training ends; null for no such limit. Without both limits, a method's own number of steps counts.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Maps that methods which draw by diffusion sample for each level; null for the method's own number.</summary>
    public int? Generations { get; init; }

    /// <summary>Number format of training; null for the method's own.</summary>
    public Precision? Precision { get; init; }

    /// <summary>"cpu", "cuda" or "cuda:N"; null for the context's.</summary>
    public string? Device { get; init; }

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; }

    /// <summary>Where training keeps what it needs to go on after a crash.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>Told after every training step; null for nobody.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends training early.</summary>
    public CancellationToken Cancellation { get; init; }
}
