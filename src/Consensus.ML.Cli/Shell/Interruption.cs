using System.Runtime.InteropServices;

namespace Consensus.ML.Cli.Shell;

/// <summary>
/// Ctrl-C and termination (SIGINT, SIGTERM). Where a run has something to keep, the first one asks it to end early and the second
/// ends the process; elsewhere the first ends the process. Either way a file that is just being written is finished first, so that
/// none is left half done.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);
    private static readonly object Writing = new();

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action? _onFirst;

    /// <param name="onFirst">
    /// Told of the first signal, which then only cancels <see cref="Token"/>; null to end the process at once.
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

    /// <summary>Writes a file; the process does not end by a signal while this runs.</summary>
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
            _onFirst();
            _source.Cancel();
            return;
        }

        // The lock is kept: nothing may begin to be written between here and the end of the process.
        _ = Monitor.TryEnter(Writing, LongestWrite);
    }
}
