namespace Consensus.ML.Cli.Shell;

/// <summary>On or off.</summary>
internal enum Switch
{
    /// <summary>Done.</summary>
    On,

    /// <summary>Not done.</summary>
    Off,
}
