using System.Diagnostics;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Pictures;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// Takes inputs one after the other: reads, predicts, writes and logs an input before it opens the next input. So the memory that it takes
/// does not grow with the number of inputs, and results that were written stay.
/// </summary>
/// <param name="terminal">Where lines about inputs go.</param>
/// <param name="model">The model, whose predictions end when <paramref name="stop"/> is cancelled.</param>
/// <param name="predictor">Predicts with the model.</param>
/// <param name="options">What to predict, and how.</param>
/// <param name="log">The log; null for none.</param>
/// <param name="stop">Gives up the current input, and ends the run.</param>
internal sealed class PredictionRun(
    Terminal terminal,
    LoadedModel model,
    MapPredictor predictor,
    PredictionRunOptions options,
    PredictionLog? log,
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
        foreach (RaterCase raterCase in options.Cases)
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            if (options.SkipsFinished && PredictionFiles.Finished(options.Folder, raterCase.Name) is { } outputs)
            {
                Interruption.Write(() => log?.Write(PredictionRecord.Skipped(raterCase, outputs)));
                _counts = _counts with { Skipped = _counts.Skipped + 1 };
                continue;
            }

            long began = Stopwatch.GetTimestamp();
            try
            {
                (PredictionInput input, PredictedMaps maps) = Predict(raterCase);
                Write(input, maps, began);
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
                Interruption.Write(() => log?.Write(PredictionRecord.Failed(raterCase, Stopwatch.GetElapsedTime(began), message)));
                if (options.Cases.Count == 1 || exception is ResultNotWrittenException)
                {
                    throw;
                }

                Complain(raterCase, message, exception);
                _counts = _counts with { Failed = _counts.Failed + 1 };
            }
        }

        return _counts;
    }

    private (PredictionInput Input, PredictedMaps Maps) Predict(RaterCase raterCase)
    {
        var input = PredictionInput.FromCase(raterCase, options.Axis, model.Segmentation);
        input.EnsureReadable();
        SayAxis(input);
        return (input, predictor.Predict(input));
    }

    private void Write(PredictionInput input, PredictedMaps maps, long began)
    {
        var mapFile = MapFile.ForCase(options.Folder, input.Case);
        string picturePath = PredictionFiles.Picture(options.Folder, input.Name);
        RgbImage picture = SliceOverlay.Draw(maps.Shown, maps.Maps[maps.Best].Pixels);
        Interruption.Write(() =>
        {
            try
            {
                mapFile.Write(maps.Maps, input.Axis);
                picture.SavePng(picturePath);
            }
            catch (IOException exception)
            {
                throw new ResultNotWrittenException(exception);
            }

            log?.Write(PredictionRecord.Ok(input.Case, [mapFile.Path, picturePath], Stopwatch.GetElapsedTime(began), maps));
        });
        terminal.Out.WriteLine($"{input.Name}: {Describe(input, maps)} → {mapFile.Path}, {picturePath}");
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
