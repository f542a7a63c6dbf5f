namespace Consensus.ML.Options;

/// <summary>
/// Where a training run keeps what it needs to be taken up again after a crash, a kill or a cancellation. Taken up, a run that
/// <see cref="TrainingOptions.Steps"/> ends gives the weights of one that was never interrupted: to the bit on the same machine, with the
/// same number of threads. (Under a <see cref="TrainingOptions.TimeLimit"/> the number of steps is never quite the same, interrupted or
/// not; the time already spent counts.)
/// </summary>
/// <remarks>
/// The folder holds the two latest checkpoints, <c>step-N.safetensors</c>: the weights, their moving average, the optimizer's moments,
/// the best weights, and what the run is (options, a hash of each case); about five times the size of the weights each. And the best
/// weights so far as <c>best.safetensors</c>, in the published checkpoint format. Checkpoints hold the names of cases and never a path.
/// One is also written when training ends or is cancelled. A checkpoint that cannot be written (a full disk) is a warning; training goes
/// on, and the one before stays whole.
/// </remarks>
public sealed record CheckpointOptions
{
    /// <summary>The folder, of one run at a time; created when missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Writes a checkpoint after every so many steps, at least 1; null (the default) for none by steps.</summary>
    public int? EverySteps { get; init; }

    /// <summary>
    /// Writes a checkpoint when so much wall time, above zero, has passed since the last; null for none by time. Default 5 minutes: what
    /// a crash costs at most. With <see cref="EverySteps"/> too, whichever comes first.
    /// </summary>
    public TimeSpan? Interval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether to take up the run whose checkpoints are in the folder: it must have had the same data and options (but for
    /// <see cref="TrainingOptions.Threads"/>). Where there are none, training starts afresh; where the run had ended, its model is given
    /// again. Default false: a folder with checkpoints is then refused, so that none are lost.
    /// </summary>
    public bool Resume { get; init; }
}
