namespace Consensus.ML.Cli.Shell;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command was understood and could not be done.</summary>
    public const int Failure = 1;

    /// <summary>The command was not understood, or asks for what cannot be.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted before there was anything to keep: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
