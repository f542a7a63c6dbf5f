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
internal sealed partial class CheckpointFolder : IDisposable
{

    // One checkpoint would do, since it is replaced whole. The previous one is kept in case the disk damages the last.
    private const int Kept = 2;

    private readonly CheckpointOptions _options;
    private readonly Action<string> _warn;
    private readonly FolderLock _lock;
    private TimeSpan _last;
    private int? _bestWritten;

    private CheckpointFolder(CheckpointOptions options, Action<string> warn, FolderLock held)
    {
        _options = options;
        _warn = warn;
        _lock = held;
    }

    /// <summary>Opens a folder and locks it, before any other work.</summary>
    /// <param name="options">The folder, and how to use it.</param>
    /// <param name="warn">Receives a line for each checkpoint that could not be read or written.</param>
    /// <exception cref="IOException">The folder cannot be made, or another run holds it.</exception>
    /// <exception cref="InvalidOperationException">It holds checkpoints, and the options do not ask to resume.</exception>
    public static CheckpointFolder Open(CheckpointOptions options, Action<string> warn)
    {
        FolderLock held = Hold(options.Folder);
        try
        {
            RemoveRemains(options.Folder);
            var folder = new CheckpointFolder(options, warn, held);
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

    /// <summary>Writes a checkpoint when one is due.</summary>
    public void SaveWhenDue(TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        if (IsDue(optimizers[0].Steps, state.Elapsed))
        {
            Save(fingerprint, optimizers, state);
        }
    }

    /// <summary>Whether a checkpoint is due after a number of steps, at least 1, and a time of the run.</summary>
    public bool IsDue(int steps, TimeSpan elapsed) =>
        (_options.EverySteps is int every && steps % every == 0)
        || (_options.Interval is TimeSpan interval && elapsed - _last >= interval);

    /// <summary>
    /// Writes a checkpoint, and the best weights if they are new. If that fails, it warns and keeps the previous checkpoint.
    /// </summary>
    public void Save(TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        _last = state.Elapsed;
        int step = optimizers[0].Steps;
        try
        {
            TrainingCheckpoint.Write(PathOf(step), fingerprint, optimizers, state);
            if (state.Best is not null && _bestWritten != state.BestStep)
            {
                for (int member = 0; member < state.Best.Count; member++)
                {
                    WeightSet weights = state.Best[member];
                    AtomicFile.Write(BestPath(member), stream => stream.Write(Checkpoint.Write(weights)));
                }

                _bestWritten = state.BestStep;
            }

            foreach (int old in Steps().Skip(Kept))
            {
                File.Delete(PathOf(old));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string previous = Steps() is [int latest, ..] ? $"the last whole one is that of step {latest}" : "there is none yet";
            _warn(
                $"The checkpoint of step {step} could not be written: "
                + $"{exception.Message.TrimEnd('.')}; {previous}. Training goes on.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    [GeneratedRegex("^step-([0-9]{9,10})\\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex CheckpointName();

    private static FolderLock Hold(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder '{folder}' for checkpoints cannot be made: {exception.Message}", exception);
        }

        FolderLock? held;
        try
        {
            held = FolderLock.TryTake(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"No checkpoints can be written to '{folder}': {exception.Message}", exception);
        }

        return held ?? throw new IOException($"'{folder}' is in use by another training run. Each run needs a folder of its own.");
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
}
