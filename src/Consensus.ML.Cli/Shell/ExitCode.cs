namespace Consensus.ML.Cli.Shell;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command was understood but failed.</summary>
    public const int Failure = 1;

    /// <summary>The command was not understood, or its options cannot work.</summary>
    public const int Usage = 2;

    /// <summary>
    /// The command was told to end (SIGTERM) before its work was done, and the same command goes on where it was: EX_TEMPFAIL of
    /// sysexits.h. Slurm requeues a job that ends so where RequeueExit=75 is set, and Kubernetes restarts it.
    /// </summary>
    public const int TryAgain = 75;

    /// <summary>The command was interrupted before there was a result to keep: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;
}
