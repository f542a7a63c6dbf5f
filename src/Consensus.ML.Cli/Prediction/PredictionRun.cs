using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Pictures;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// Takes inputs in their order: writes and logs an input before the next one, though some next images may be read and predicted already.
/// The memory that it takes does not grow with the number of inputs, and results that were written stay.
/// </summary>
/// <param name="terminal">Where lines about inputs go.</param>
/// <param name="model">The model, whose predictions end when <paramref name="stop"/> is cancelled.</param>
/// <param name="predictor">Predicts with the model.</param>
/// <param name="options">What to predict, and how.</param>
/// <param name="log">The log; null for none.</param>
/// <param name="records">The records; null for none.</param>
/// <param name="stop">Gives up the current input, and ends the run.</param>
internal sealed class PredictionRun(
    Terminal terminal,
    LoadedModel model,
    MapPredictor predictor,
    PredictionRunOptions options,
    PredictionLog? log,
    PredictionRecords? records,
    CancellationToken stop)
{
    private PredictionCounts _counts;
    private bool _axisIsSaid;

    /// <summary>Predicts the inputs.</summary>
    /// <returns>How the inputs ended. They are fewer than all where the run was stopped.</returns>
    /// <exception cref="IOException">
    /// A result or the log cannot be written, or the only input cannot be read. No later input is tried.
    /// </exception>
    /// <exception cref="UsageException">The options do not fit an input.</exception>
    public PredictionCounts Run()
    {
        int atOnce = model.Segmentation.PredictsSideBySide ? Math.Min(options.Threads, options.Cases.Count) : 1;
        foreach (PredictionOutcome outcome in new InputsAhead(options.Cases, Begin, atOnce).Run(stop))
        {
            if (outcome.Finished is { } outputs)
            {
                Interruption.Write(() => log?.Write(PredictionRecord.Skipped(outcome.Case, outputs)));
                _counts = _counts with { Skipped = _counts.Skipped + 1 };
                continue;
            }

            long began = Stopwatch.GetTimestamp();
            try
            {
                End(outcome, began);
                _counts = _counts with { Predicted = _counts.Predicted + 1 };
            }
            catch (Exception exception) when (Failure.Innermost(exception) is OperationCanceledException && stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception) when (Failure.Innermost(exception) is not (UsageException or DllNotFoundException)
                && exception is not PredictionLog.NotWrittenException)
            {
                string message = Failure.OneLine(Failure.Describe(exception));
                TimeSpan time = outcome.Time + Stopwatch.GetElapsedTime(began);
                Interruption.Write(() => log?.Write(PredictionRecord.Failed(outcome.Case, time, message)));
                if (options.Cases.Count == 1 || exception is ResultNotWrittenException)
                {
                    throw;
                }

                Complain(outcome.Case, message, exception);
                _counts = _counts with { Failed = _counts.Failed + 1 };
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }
        }

        return _counts;
    }

    /// <summary>Predicts an image. A volume is only looked at: its own slices are predicted several at a time.</summary>
    private PredictionOutcome Begin(RaterCase raterCase)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            if (options.SkipsFinished
                && PredictionFiles.Finished(options.Folder, raterCase.Name, model.Segmentation.Structures) is { } outputs
                && records?.Has(raterCase, outputs) != false)
            {
                return new(raterCase, TimeSpan.Zero) { Finished = outputs };
            }

            var input = PredictionInput.FromCase(raterCase, options.Axis, model.Segmentation);
            IReadOnlyList<PredictedStructure>? maps = input.Axis is null ? PredictImage(input) : null;
            return new(raterCase, Stopwatch.GetElapsedTime(began)) { Input = input, Maps = maps };
        }
        catch (Exception exception)
        {
            // Told when its turn comes.
            return new(raterCase, Stopwatch.GetElapsedTime(began)) { Failure = ExceptionDispatchInfo.Capture(exception) };
        }
    }

    /// <summary>With one thread, like each of several: the map of an image does not depend on the number of threads or inputs.</summary>
    private IReadOnlyList<PredictedStructure> PredictImage(PredictionInput input)
    {
        using IDisposable? threads = model.Segmentation.PredictsSideBySide ? TorchRuntime.UseThreads(1) : null;
        return predictor.Predict(input);
    }

    private void End(PredictionOutcome outcome, long began)
    {
        outcome.Failure?.Throw();
        PredictionInput input = outcome.Input!;
        input.EnsureReadable();
        SayAxis(input);
        Write(input, outcome.Maps ?? predictor.Predict(input), () => outcome.Time + Stopwatch.GetElapsedTime(began));
    }

    private void Write(PredictionInput input, IReadOnlyList<PredictedStructure> structures, Func<TimeSpan> time)
    {
        (MapFile File, IReadOnlyList<Slice> Maps)[] maps = [.. structures.SelectMany(structure => MapsOf(input, structure))];
        (string File, RgbImage Picture)[] pictures = [.. structures.SelectMany(structure => PicturesOf(input, structure))];
        string[] files = [.. maps.Select(map => map.File.Path), .. pictures.Select(picture => picture.File)];
        Interruption.Write(() =>
        {
            try
            {
                foreach ((MapFile file, IReadOnlyList<Slice> map) in maps)
                {
                    file.Write(map, input.Axis);
                }

                foreach ((string file, RgbImage picture) in pictures)
                {
                    picture.SavePng(file);
                }

                records?.Write(input.Case, files, structures[0].Soft);
            }
            catch (IOException exception)
            {
                throw new ResultNotWrittenException(exception);
            }

            log?.Write(PredictionRecord.Ok(input.Case, files, time(), structures));
        });
        foreach (PredictedStructure structure in structures)
        {
            string name = PredictionFiles.NameOf(input.Name, structure.Structure);
            string raters = structure.Raters.Count == 0
                ? ""
                : $", and {structure.Raters.Count} raters' masks in {PredictionFiles.PictureOfRaters(options.Folder, name)}";
            terminal.Out.WriteLine(
                $"{input.Name}{(structure.Structure.Name.Length == 0 ? "" : $", {structure.Structure.Name}")}: "
                + $"{Describe(input, structure.Soft)} → {SoftMapFile(input, structure).Path}, "
                + $"{PredictionFiles.Picture(options.Folder, name)}{raters}");
        }
    }

    private MapFile SoftMapFile(PredictionInput input, PredictedStructure structure) => MapFile.ForCase(
        options.Folder, $"{PredictionFiles.NameOf(input.Name, structure.Structure)}{MapFile.Soft}", input.Case);

    /// <summary>The maps of a structure with their files: the soft map, and the mask of each named rater.</summary>
    private IEnumerable<(MapFile File, IReadOnlyList<Slice> Maps)> MapsOf(PredictionInput input, PredictedStructure structure) =>
    [
        (SoftMapFile(input, structure), structure.Soft.Maps),
        .. structure.Structure.Raters.Zip(structure.Raters, (rater, maps) => (
            MapFile.ForCase(options.Folder, PredictionFiles.NameOfRater(input.Name, structure.Structure, rater), input.Case), maps)),
    ];

    /// <summary>The pictures of a structure with their files. That of the soft map is the last.</summary>
    private IEnumerable<(string File, RgbImage Picture)> PicturesOf(PredictionInput input, PredictedStructure structure)
    {
        string name = PredictionFiles.NameOf(input.Name, structure.Structure);
        if (structure.PictureOfRaters(name) is { } raters)
        {
            yield return (PredictionFiles.PictureOfRaters(options.Folder, name), raters);
        }

        yield return (PredictionFiles.Picture(options.Folder, name), structure.Picture());
    }

    private static string Describe(PredictionInput input, PredictedMaps predicted)
    {
        string size = $"{predicted.Maps[0].Height}×{predicted.Maps[0].Width}";
        return input.Axis is { } axis
            ? $"{predicted.Maps.Count} slices of {size} along axis {axis}, {predicted.Area} voxels above one half, most in slice "
                + $"{predicted.Best}"
            : $"{size}{(input.LiesAlong is { } lies ? $", one slice along axis {lies}" : "")}, {predicted.Area} pixels above one half";
    }

    private void Complain(RaterCase raterCase, string message, Exception exception)
    {
        if (options.IsVerbose)
        {
            terminal.Error.WriteLine(exception.ToString());
        }

        terminal.Complain($"{raterCase.Name}: {message}");
    }

    /// <summary>Prints once along which axis volumes are cut, if the user has not given it.</summary>
    private void SayAxis(PredictionInput input)
    {
        if (_axisIsSaid || options.Axis is not null || input.Axis is null)
        {
            return;
        }

        _axisIsSaid = true;
        terminal.Out.WriteLine(model.Segmentation.VolumeAxes.Count > 0
            ? $"Volumes are cut along axis {input.Axis}, like the volumes that the model was trained on"
            : $"Volumes are cut along axis {input.Axis}: the model was trained on single slices, or did not record the axis; "
                + "--axis chooses another");
    }

    /// <summary>A result could not be written. The next results could not be written either, so the run ends.</summary>
    private sealed class ResultNotWrittenException(IOException cause) : IOException(cause.Message, cause);
}
