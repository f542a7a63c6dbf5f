using System.Globalization;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Tests.Storage;

/// <summary>
/// A machine that shares a folder with others on a file system whose locks hold back nobody. It sees its own processes alone.
/// </summary>
internal sealed class Machine(HandClock clock, string name)
{
    private static int _tokens;

    /// <summary>The processes that run.</summary>
    public HashSet<int> Running { get; } = [];

    /// <summary>Called before it is said whether a process of this machine runs.</summary>
    public Action BeforeAnswer { get; set; } = () => { };

    /// <summary>What a lock of a process of this machine sees; the process runs from now on.</summary>
    public LockSurroundings Process(int number, string? job = null, int restarts = 0)
    {
        Running.Add(number);
        return new()
        {
            Time = clock,
            OpenExclusively = path => new(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1),
            Pause = _ => clock.Advance(1),
            NewOwner = () => new(
                FolderOwner.CurrentFormatVersion, Interlocked.Increment(ref _tokens).ToString(CultureInfo.InvariantCulture), name, name,
                number, "1", job, restarts, clock.GetUtcNow()),
            IsRunning = owner =>
            {
                BeforeAnswer();
                return owner.Host == name ? Running.Contains(owner.Process) : null;
            },
        };
    }
}
