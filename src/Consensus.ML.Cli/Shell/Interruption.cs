using System.Runtime.InteropServices;

namespace Consensus.ML.Cli.Shell;

/// <summary>
/// Handles Ctrl-C and termination (SIGINT, SIGTERM). In a run that has something to keep, the first signal asks it to end early, and the
/// second signal ends the process. In other commands, the first signal ends the process. In both cases a file that is being written is
/// finished first, so that no incomplete file stays.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);
    private static readonly object Writing = new();

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action? _onFirst;
    private PosixSignal? _first;

    /// <param name="onFirst">
    /// Called at the first signal, which then only cancels <see cref="Token"/>. Null to end the process at the first signal.
    /// </param>
    public Interruption(Action? onFirst = null)
    {
        _onFirst = onFirst;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code of a command that stopped at the first signal before its work was done, and can be run again.</summary>
    public int ExitCodeOfStop => _first == PosixSignal.SIGTERM ? ExitCode.TryAgain : ExitCode.Interrupted;

    /// <summary>Writes a file. A signal does not end the process while this runs.</summary>
    public static void Write(Action write)
    {
        lock (Writing)
        {
            write();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (_onFirst is not null && !_source.IsCancellationRequested)
        {
            context.Cancel = true;
            _first = context.Signal;
            _onFirst();
            _source.Cancel();
            return;
        }

        // The lock is never released, so that no write can start between here and the end of the process.
        _ = Monitor.TryEnter(Writing, LongestWrite);
    }
}
