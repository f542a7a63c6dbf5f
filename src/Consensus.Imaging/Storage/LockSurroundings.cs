namespace Consensus.Imaging.Storage;

/// <summary>
/// What a <see cref="FolderLock"/> asks of its surroundings: the file system's lock, the clock, this process and the others. Tests replace
/// parts of it.
/// </summary>
internal sealed record LockSurroundings
{
    /// <summary>Those of this process.</summary>
    public static readonly LockSurroundings OfThisProcess = new();

    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>The clock.</summary>
    public TimeProvider Time
    {
        get => _time;
        init => (_time, Watch) = (value, new(value));
    }

    /// <summary>Remembers the owners that were seen.</summary>
    public OwnerWatch Watch { get; private init; } = new(TimeProvider.System);

    /// <summary>Opens the file of the lock so that no other can open it; throws <see cref="IOException"/> if another has it open.</summary>
    public Func<string, FileStream> OpenExclusively { get; init; } = path =>
        new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);

    /// <summary>Waits a moment before the owner of a folder is looked at again.</summary>
    public Action<CancellationToken> Pause { get; init; } = cancellation => cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));

    /// <summary>A new owner: this process, with a token of its own.</summary>
    public Func<FolderOwner> NewOwner { get; init; } = () => ProcessOfOwner.This(TimeProvider.System.GetUtcNow());

    /// <summary>Whether the process of an owner runs; null if that cannot be seen from here.</summary>
    public Func<FolderOwner, bool?> IsRunning { get; init; } = ProcessOfOwner.IsRunning;
}
