namespace Consensus.ML.Cli.Shell;

/// <summary>A signal ended the command before there was a result.</summary>
internal sealed class StoppedException(string message, int exitCode, Exception cause) : OperationCanceledException(message, cause)
{
    /// <summary>The exit code of the process.</summary>
    public int ExitCode { get; } = exitCode;
}
