using System.Globalization;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>The lock of a folder of checkpoints.</summary>
internal static class CheckpointLock
{
    /// <summary>Makes the folder and takes its lock. Warns of a takeover, and of a file system whose locks hold back nobody.</summary>
    /// <exception cref="IOException">The folder cannot be made, or another run holds it, or its file system is of no use.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while an owner on another machine was watched.</exception>
    public static FolderLock Take(
        string folder, Action<string> warn, LockSurroundings surroundings, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder '{folder}' for checkpoints cannot be made: {exception.Message}", exception);
        }

        LockAttempt attempt;
        try
        {
            attempt = FolderTaking.TryAfterWatch(folder, Watching, surroundings, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"No checkpoints can be written to '{folder}': {exception.Message}", exception);
        }

        if (attempt.Lock is not { } held)
        {
            throw new IOException(
                $"'{folder}' is in use by another training run{(attempt.Holder is null ? "" : $": {attempt.Holder}")}. Each run needs a "
                + "folder of its own.");
        }

        if (held.Predecessor is { Owner: { } before })
        {
            warn($"'{folder}' is taken over from a training run that has ended without saying so: {before}.");
        }

        try
        {
            if (held.TestFileSystem() is { } missing)
            {
                warn(
                    $"The file system of '{folder}' {missing}. Only the owner's record in the folder keeps two runs apart there: give "
                    + "each run a folder of its own.");
            }
        }
        catch
        {
            held.Dispose();
            throw;
        }

        return held;

        void Watching(string? holder) => warn(string.Create(
            CultureInfo.InvariantCulture,
            $"'{folder}' was last used by {holder ?? "a run whose record is not whole"}. Training begins if that run gives no sign of life "
            + $"for {OwnerWatch.LongestSilence.TotalSeconds} seconds."));
    }
}
