namespace Consensus.ML.Options;

/// <summary>
/// Where a training run keeps its checkpoints, so that it can be resumed after a crash, a kill or a cancellation. A resumed run with a
/// limit of <see cref="TrainingOptions.Steps"/> ends with the weights of an uninterrupted run: to the bit, on the same machine and with the
/// same number of threads. (Under a <see cref="TrainingOptions.TimeLimit"/> the number of steps varies from run to run, with or without an
/// interruption. The time already spent counts.)
/// </summary>
/// <remarks>
/// The folder holds the two latest checkpoints, <c>step-N.safetensors</c>. Each holds the weights, their moving average, the optimizer's
/// moments, the best weights, and what identifies the run (options, a hash of each case). It is about five times the size of the weights.
/// The folder also holds the best weights so far as <c>best.safetensors</c>, in the published checkpoint format. Checkpoints hold the names
/// of cases and never a path. A checkpoint is also written when training ends or is cancelled. If a checkpoint cannot be written (a full
/// disk), training warns and goes on, and the previous checkpoint stays whole. While training goes on, a checkpoint is written in the
/// background from a copy, which takes four times the memory of the weights. Training waits for it only if the next is due already.
/// </remarks>
public sealed record CheckpointOptions
{
    /// <summary>
    /// The folder; created when missing. Only one run at a time can use it: another is refused, also from another machine. A run takes it
    /// over from a run that was killed; from one on another machine, after 90 seconds without a sign of life.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>Number of steps between two checkpoints, at least 1; null (the default) for none by steps.</summary>
    public int? EverySteps { get; init; }

    /// <summary>
    /// Wall time between two checkpoints, above zero; null for none by time. Default 5 minutes: a crash loses no more than that. With
    /// <see cref="EverySteps"/> as well, whichever comes first.
    /// </summary>
    public TimeSpan? Interval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether to resume the run whose checkpoints are in the folder. It must have the same data and options (except
    /// <see cref="TrainingOptions.Threads"/>). Without checkpoints, training starts from the beginning. If the run had ended, its model is
    /// returned again. Default false: training then refuses a folder with checkpoints, so that none are lost.
    /// </summary>
    public bool Resume { get; init; }
}
