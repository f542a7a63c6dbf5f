using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Reports;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;

namespace Consensus.ML.Studies;

/// <summary>
/// Compares methods that learn from several raters. It trains each method in each fold with each seed, scores it on the held-out cases,
/// and writes report.html, results.csv and results.json.
/// </summary>
/// <remarks>
/// Finished work is kept in the folder at once and not done again: models as zips, scores as one file for each case. A training that a
/// crash interrupted goes on from its last checkpoint. The files of the held-out cases are hashed at the beginning, so that the folder of
/// another study is recognised. Apart from that, they are read only after training has ended. Several processes may work on one study,
/// each on its own GPU or on some of the cores. All processes but the first resume the study. Each takes runs that no other process works
/// on, and each ends with the report of the whole study.
/// </remarks>
public static class Study
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Runs a study, or the part of it that is not finished.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">What to compare, and where to keep it.</param>
    /// <returns>The results of everything that the folder holds at the end.</returns>
    /// <exception cref="ArgumentException">An option is out of range or does not fit another; the message says which.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or a case's file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder holds another study (the message says what differs), or a file is damaged.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The folder holds a study and the options do not resume it, or it holds other files, or training failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The study was cancelled; it can be resumed.</exception>
    public static StudyResults Run(MLContext ml, StudyOptions options)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(options);
        StudyCheck.Check(options);
        void Waiting() => options.Progress?.Report(new(StudyStage.Waiting, "", "", 0, 0, 0, null, 0, 0));
        var folder = StudyFolder.Open(options.Folder, StudyRecord.FromOptions(options), options.Resume, Waiting, options.Cancellation);
        using IDisposable threads = TorchRuntime.UseThreads(options.Threads);
        StudyRecord record;
        StudyRun[] runs;
        do
        {
            // Read anew each time: other processes may have added methods or seeds.
            record = folder.Read();
            runs = [.. Runs(options, record)];
        }
        while (Advance(ml, options, folder, record, runs));

        using FolderLock held = folder.Hold(Waiting, options.Cancellation);
        options.Progress?.Report(new(StudyStage.Reporting, "", "", 0, runs.Length, runs.Length, null, 0, 0));
        var found = new StudyResults(options, record, [.. runs.Select(run => Result(folder, run))], PicturedCase(options.Folds[0]));
        held.EnsureHeld();
        ResultFiles.Write(found, folder);
        return found;
    }

    /// <summary>Does every unfinished run that no other process works on. Where there is no such run, it waits a moment.</summary>
    /// <returns>Whether a run was unfinished.</returns>
    private static bool Advance(MLContext ml, StudyOptions options, StudyFolder folder, StudyRecord record, StudyRun[] runs)
    {
        bool advanced = false;
        StudyProgress? elsewhere = null;
        for (int i = 0; i < runs.Length; i++)
        {
            StudyRun run = runs[i];
            RunFolder files = folder.FilesOf(run);
            if (files.IsDone(run.Fold.Evaluation))
            {
                continue;
            }

            StudyProgress progress = new(
                StudyStage.Training, run.Method.Name, run.Fold.Name, run.Seed, i + 1, runs.Length, null, 0, run.Fold.Evaluation.Count);
            Directory.CreateDirectory(files.Path);
            using FolderLock? held = FolderLock.TryTake(files.Path);
            if (held is null)
            {
                elsewhere ??= progress with { Stage = StudyStage.Waiting };
                continue;
            }

            advanced = true;
            files = new(files.Path, held);
            try
            {
                options.Cancellation.ThrowIfCancellationRequested();
                options.Progress?.Report(progress);
                RunTraining.Train(ml, options, run, files, new Relay(step => options.Progress?.Report(progress with { Training = step })));
                bool isPictured = run.Fold == options.Folds[0] && run.Seed == record.Seeds[0];
                RunEvaluation.Evaluate(
                    ml, options, run, files, isPictured ? PicturedCase(options.Folds[0]) : null,
                    done => options.Progress?.Report(progress with { Stage = StudyStage.Evaluating, CasesDone = done }));
            }
            catch (OperationCanceledException exception)
            {
                throw new OperationCanceledException(
                    $"Interrupted in run {i + 1} of {runs.Length} ({run}). What is done stays in '{options.Folder}'; "
                    + "--resume goes on from there.",
                    exception,
                    options.Cancellation);
            }
            catch (InvalidOperationException exception)
            {
                throw new InvalidOperationException($"{run}: {exception.Message}", exception);
            }
        }

        if (!advanced && elsewhere is not null)
        {
            options.Progress?.Report(elsewhere);
            options.Cancellation.WaitHandle.WaitOne(BetweenLooks);
            if (options.Cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(
                    $"Interrupted while other processes finish the study. What is done stays in '{options.Folder}'; "
                    + "--resume goes on from there.",
                    options.Cancellation);
            }
        }

        return advanced || elsewhere is not null;
    }

    private static RunResult Result(StudyFolder folder, StudyRun run)
    {
        RunFolder files = folder.FilesOf(run);
        return new(
            run, StudyJson.Read<TrainingRecord>(files.Training),
            [.. run.Fold.Evaluation.Select(raterCase => StudyJson.Read<CaseRecord>(files.Case(raterCase.Name)))], files);
    }

    /// <summary>Every method in every fold with every seed. The runs of a method follow each other.</summary>
    private static IEnumerable<StudyRun> Runs(StudyOptions options, StudyRecord record)
    {
        StudyMethod[] known = [.. options.Methods, .. StudyMethods.All];
        StudyMethod[] methods =
        [
            .. record.Methods.Keys.Select(name => known.FirstOrDefault(method => method.Name == name)
                ?? throw new InvalidOperationException(
                    $"'{options.Folder}' holds the method '{name}', which is not one of the library's: "
                    + "a study that goes on needs it among its methods.")),
        ];
        return methods.SelectMany(
            method => options.Folds.SelectMany(fold => record.Seeds.Select(seed => new StudyRun(method, fold, seed))));
    }

    /// <summary>The name of the case whose sampling the report draws step by step: the case in the middle of its fold.</summary>
    private static string PicturedCase(StudyFold fold) => fold.Evaluation[fold.Evaluation.Count / 2].Name;

    private sealed class Relay(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
