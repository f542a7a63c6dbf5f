using System.Runtime.InteropServices;

namespace Consensus.ML.Cli.Shell;

/// <summary>
/// Handles Ctrl-C and termination (SIGINT, SIGTERM). In a run that has something to keep, the first signal asks it to end early, and a
/// second Ctrl-C ends the process. In other commands, the first signal ends the process. In both cases a file that is being written is
/// finished first, so that no incomplete file stays.
/// </summary>
/// <remarks>
/// A second SIGTERM after a first one changes nothing: a batch system may send it to the process and through its parent, or again at the
/// time limit. It ends the process with SIGKILL when its patience is over.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);
    private static readonly object Writing = new();

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action<PosixSignal>? _onFirst;
    private PosixSignal? _first;
    private int _signals;

    /// <param name="onFirst">
    /// Called with the first signal, which then only cancels <see cref="Token"/>. Null to end the process at the first signal.
    /// </param>
    public Interruption(Action<PosixSignal>? onFirst = null)
    {
        _onFirst = onFirst;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the first signal was SIGTERM: the system wants the process to end, and may start it again.</summary>
    public bool IsTermination => _first == PosixSignal.SIGTERM;

    /// <summary>The exit code of a command that stopped at the first signal before its work was done, and can be run again.</summary>
    public int ExitCodeOfStop => IsTermination ? ExitCode.TryAgain : ExitCode.Interrupted;

    /// <summary>Writes a file. A signal does not end the process while this runs.</summary>
    public static void Write(Action write)
    {
        lock (Writing)
        {
            write();
        }
    }

    /// <summary>Does the work of a command, or a part of it. If the first signal ends it, the process gets the right exit code.</summary>
    /// <param name="work">The work. It throws <see cref="OperationCanceledException"/> if it ended before there was a result.</param>
    /// <param name="message">What to say about such an end; null for the message of the exception.</param>
    /// <exception cref="StoppedException">The first signal ended the work.</exception>
    public T Run<T>(Func<T> work, string? message = null)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (_source.IsCancellationRequested && Failure.Innermost(exception) is OperationCanceledException)
        {
            throw new StoppedException(message ?? Failure.Innermost(exception).Message, ExitCodeOfStop, exception);
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
        if (_onFirst is not null && Interlocked.Increment(ref _signals) == 1)
        {
            context.Cancel = true;
            _first = context.Signal;
            _onFirst(context.Signal);
            _source.Cancel();
            return;
        }

        if (IsTermination && context.Signal == PosixSignal.SIGTERM)
        {
            context.Cancel = true;
            return;
        }

        // The lock is never released, so that no write can start between here and the end of the process.
        _ = Monitor.TryEnter(Writing, LongestWrite);
    }
}
