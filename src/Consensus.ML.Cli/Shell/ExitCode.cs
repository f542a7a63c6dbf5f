namespace Consensus.ML.Cli.Shell;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command was understood but failed.</summary>
    public const int Failure = 1;

    /// <summary>The command was not understood, or its options cannot work.</summary>
    public const int Usage = 2;

    /// <summary>The command was interrupted before there was a result to keep: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;
}
