using System.Globalization;
using System.Text.RegularExpressions;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training.Optimization;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>
/// The checkpoints of one run: finds the checkpoint to resume from, writes new checkpoints, and keeps the two latest. One process at a time
/// holds the folder.
/// </summary>
/// <remarks>
/// While training goes on, a checkpoint is written in the background from a copy. A step waits for the copy alone. If the next is due
/// before the last is written, training waits for that: so there are as many checkpoints as were asked for, and one copy at a time. The
/// last checkpoint of a run is written before the run ends.
/// </remarks>
internal sealed partial class CheckpointFolder : IDisposable
{
    // One checkpoint would do, since it is replaced whole. The previous one is kept in case the disk damages the last.
    private const int Kept = 2;

    // A write that takes longer is not waited for: its disk does not answer.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(10);

    private readonly CheckpointOptions _options;
    private readonly Action<string> _warn;
    private readonly FolderLock _lock;
    private readonly bool _inBackground;
    private readonly BackgroundWriter _writer = new();
    private CheckpointContent? _written;
    private TimeSpan _last;
    private int? _bestWritten;

    private CheckpointFolder(CheckpointOptions options, Action<string> warn, FolderLock held, bool inBackground)
    {
        _options = options;
        _warn = warn;
        _lock = held;
        _inBackground = inBackground;
    }

    /// <summary>Opens a folder and locks it, before any other work.</summary>
    /// <param name="options">The folder, and how to use it.</param>
    /// <param name="warn">Receives a line for each checkpoint that could not be read or written.</param>
    /// <param name="surroundings">What the lock asks of its surroundings; null for those of this process.</param>
    /// <param name="inBackground">
    /// Whether checkpoints that are due are written while training goes on. False is for measuring what that gains.
    /// </param>
    /// <param name="cancellation">Ends the watch over an owner on another machine.</param>
    /// <exception cref="IOException">The folder cannot be made, or another run holds it, or its file system is of no use.</exception>
    /// <exception cref="InvalidOperationException">It holds checkpoints, and the options do not ask to resume.</exception>
    /// <exception cref="OperationCanceledException">The watch was cancelled.</exception>
    public static CheckpointFolder Open(
        CheckpointOptions options,
        Action<string> warn,
        LockSurroundings? surroundings = null,
        bool inBackground = true,
        CancellationToken cancellation = default)
    {
        FolderLock held = CheckpointLock.Take(options.Folder, warn, surroundings ?? LockSurroundings.OfThisProcess, cancellation);
        try
        {
            RemoveRemains(options.Folder);
            var folder = new CheckpointFolder(options, warn, held, inBackground);
            if (!options.Resume && folder.Steps() is [int latest, ..])
            {
                throw new InvalidOperationException(
                    $"'{options.Folder}' holds checkpoints of an earlier run, up to step {latest}, which another run would replace: "
                    + $"resume it ({nameof(CheckpointOptions)}.{nameof(options.Resume)}, or --resume), or use another folder.");
            }

            return folder;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Fills the optimizers and the state from the latest undamaged checkpoint.</summary>
    /// <returns>False if there is no checkpoint; training then starts from the beginning.</returns>
    /// <exception cref="InvalidDataException">
    /// The checkpoint belongs to another run or has a newer format, or all checkpoints are damaged; the message says what is wrong.
    /// </exception>
    public bool TryResume(TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        var damaged = new List<(string Path, string Why)>();
        foreach (int step in Steps())
        {
            string path = PathOf(step);
            TrainingCheckpoint checkpoint;
            try
            {
                checkpoint = TrainingCheckpoint.Read(path);
            }
            catch (InvalidDataException exception)
            {
                damaged.Add((path, exception.Message));
                continue;
            }
            catch (NotSupportedException exception)
            {
                throw new InvalidDataException($"The checkpoint '{path}' cannot be resumed. {exception.Message}", exception);
            }

            if (fingerprint.DifferencesFrom(checkpoint.Fingerprint) is string differences)
            {
                throw new InvalidDataException(
                    $"The checkpoint '{path}' is of another run: {differences}. Use the same data and "
                    + "options to resume it, or another folder.");
            }

            foreach ((string spoilt, string why) in damaged)
            {
                // Moved away, so that it is not taken for the latest again.
                File.Move(spoilt, $"{spoilt}.damaged", overwrite: true);
                _warn($"The checkpoint '{spoilt}' is not used. {why} Training goes on from that of step {step}.");
            }

            checkpoint.Restore(path, optimizers, state);
            _last = state.Elapsed;
            return true;
        }

        return damaged.Count == 0
            ? false
            : throw new InvalidDataException(
                $"The checkpoint '{damaged[0].Path}' cannot be resumed, and there is no other that is whole. "
                + $"{damaged[0].Why} Remove it to start afresh.");
    }

    /// <summary>Begins to write a checkpoint when one is due.</summary>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public void SaveWhenDue(TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        _lock.EnsureNotLost();
        if (_writer.HasEnded)
        {
            FinishWriting();
        }

        if (!IsDue(optimizers[0].Steps, state.Elapsed))
        {
            return;
        }

        if (!_inBackground)
        {
            Save(fingerprint, optimizers, state);
        }
        else if (FinishWriting())
        {
            _last = state.Elapsed;
            CheckpointContent content = _written = CheckpointContent.Take(fingerprint, optimizers, state, copy: true);
            _writer.Begin(() => Write(content));
        }
    }

    /// <summary>Whether a checkpoint is due after a number of steps, at least 1, and a time of the run.</summary>
    public bool IsDue(int steps, TimeSpan elapsed) =>
        (_options.EverySteps is int every && steps % every == 0)
        || (_options.Interval is TimeSpan interval && elapsed - _last >= interval);

    /// <summary>
    /// Writes a checkpoint, and the best weights if they are new. If that fails, it warns and keeps the previous checkpoint.
    /// </summary>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public void Save(TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        if (!FinishWriting())
        {
            return;
        }

        _last = state.Elapsed;
        using var content = CheckpointContent.Take(fingerprint, optimizers, state, copy: false);
        try
        {
            Write(content);
        }
        catch (CheckpointNotWrittenException exception)
        {
            _warn(exception.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            FinishWriting();
        }
        catch (FolderTakenException)
        {
            // Nothing was written over another's files, and the run ends.
        }

        _lock.Dispose();
    }

    [GeneratedRegex("^step-([0-9]{9,10})\\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex CheckpointName();

    /// <summary>Waits for the checkpoint that is being written, and warns if it could not be written.</summary>
    /// <returns>False if that takes too long.</returns>
    private bool FinishWriting()
    {
        if (!_writer.Wait(LongestWrite))
        {
            _warn(string.Create(
                CultureInfo.InvariantCulture,
                $"A checkpoint is still not written after {LongestWrite.TotalMinutes} minutes; no other is written until it is."));
            return false;
        }

        // Disposed by the thread that made it, as all tensors are.
        _written?.Dispose();
        _written = null;
        try
        {
            _writer.Finish();
        }
        catch (CheckpointNotWrittenException exception)
        {
            _warn(exception.Message);
        }

        return true;
    }

    /// <summary>Writes the files of a checkpoint.</summary>
    /// <exception cref="CheckpointNotWrittenException">A file cannot be written; the message is for the user.</exception>
    private void Write(CheckpointContent content)
    {
        try
        {
            content.Write(PathOf(content.Step), _lock);
            if (content.Best.Count > 0 && _bestWritten != content.BestStep)
            {
                for (int member = 0; member < content.Best.Count; member++)
                {
                    WeightSet weights = content.Best[member];
                    AtomicFile.Write(BestPath(member), stream => stream.Write(Checkpoint.Write(weights)), _lock);
                }

                _bestWritten = content.BestStep;
            }

            foreach (int old in Steps().Skip(Kept))
            {
                File.Delete(PathOf(old));
            }
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not FolderTakenException)
        {
            string previous = Steps() is [int latest, ..] ? $"the last whole one is that of step {latest}" : "there is none yet";
            throw new CheckpointNotWrittenException(
                $"The checkpoint of step {content.Step} could not be written: "
                + $"{exception.Message.TrimEnd('.')}; {previous}. Training goes on.",
                exception);
        }
    }

    /// <summary>Removes unfinished files of a run that was killed while it wrote.</summary>
    private static void RemoveRemains(string folder)
    {
        foreach (string remains in Directory.EnumerateFiles(folder, ".*.safetensors.*.tmp"))
        {
            File.Delete(remains);
        }
    }

    /// <summary>The steps that have checkpoints, the latest first.</summary>
    private int[] Steps() =>
    [
        .. Directory.EnumerateFiles(_options.Folder)
            .Select(path => CheckpointName().Match(Path.GetFileName(path)))
            .Where(match => match.Success)
            .Select(match => long.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
            .Where(step => step <= int.MaxValue)
            .Select(step => (int)step)
            .OrderDescending(),
    ];

    /// <summary>The file of a member's best weights.</summary>
    private string BestPath(int member) => Path.Combine(
        _options.Folder, member == 0 ? "best.safetensors" : string.Create(CultureInfo.InvariantCulture, $"best-{member + 1}.safetensors"));

    private string PathOf(int step) =>
        Path.Combine(_options.Folder, string.Create(CultureInfo.InvariantCulture, $"step-{step:000000000}.safetensors"));

    private sealed class CheckpointNotWrittenException(string message, Exception cause) : IOException(message, cause);
}
