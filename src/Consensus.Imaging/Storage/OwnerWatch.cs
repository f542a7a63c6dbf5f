using System.Collections.Concurrent;

namespace Consensus.Imaging.Storage;

/// <summary>Whether the owner that a record names still works.</summary>
internal enum OwnerState
{
    /// <summary>It works.</summary>
    Alive,

    /// <summary>It ended without removing its record, or this process is a later start of the same batch job.</summary>
    Gone,

    /// <summary>It is on another machine and has to be watched for longer.</summary>
    Unknown,
}

/// <summary>
/// Finds out whether the owner of a folder still works. Where this machine cannot see its process, the record is watched for signs of life.
/// The clocks of two machines may differ, so the time of a sign says nothing here: what counts is whether it changes while this process
/// watches, by this process's own clock.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class OwnerWatch(TimeProvider time)
{
    /// <summary>The time between two signs of life.</summary>
    public static readonly TimeSpan BetweenSigns = TimeSpan.FromSeconds(15);

    /// <summary>An owner that gives no sign of life for this long is gone. It is six signs.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    private readonly ConcurrentDictionary<string, (OwnerRecord Record, long Since)> _seen = new(StringComparer.Ordinal);

    /// <summary>Judges the owner of a folder. Ask again for an owner whose state is unknown.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="record">Its latest record.</param>
    /// <param name="me">The owner that this process would be.</param>
    /// <param name="isRunning">Whether a process of this machine runs; null for one of another machine.</param>
    public OwnerState Judge(string folder, OwnerRecord record, FolderOwner me, Func<FolderOwner, bool?> isRunning)
    {
        // A record that is not whole was just created, or its owner crashed while it wrote.
        if (record.Owner is { } owner)
        {
            if (me.IsLaterStartOf(owner))
            {
                return Decided(OwnerState.Gone);
            }

            if (isRunning(owner) is bool running)
            {
                return Decided(running ? OwnerState.Alive : OwnerState.Gone);
            }
        }

        long now = time.GetTimestamp();
        if (_seen.TryGetValue(folder, out (OwnerRecord Record, long Since) seen) && seen.Record.IsSameAs(record))
        {
            return time.GetElapsedTime(seen.Since, now) < LongestSilence ? OwnerState.Unknown : Decided(OwnerState.Gone);
        }

        bool isKnown = seen.Record?.HasOwnerOf(record) == true;
        _seen[folder] = (record, now);
        return isKnown ? OwnerState.Alive : OwnerState.Unknown;

        OwnerState Decided(OwnerState state)
        {
            _seen.TryRemove(folder, out _);
            return state;
        }
    }
}
