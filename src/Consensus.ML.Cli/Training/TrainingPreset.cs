namespace Consensus.ML.Cli.Training;

/// <summary>A value of <c>--preset</c>.</summary>
internal enum TrainingPreset
{
    /// <summary>Made for a CPU.</summary>
    Compact,

    /// <summary>As published, for a GPU.</summary>
    Paper,
}
