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
            runs = [.. StudyRuns.Of(options, record)];
        }
        while (Advance(ml, options, folder, record, runs));

        using FolderLock held = folder.Hold(Waiting, options.Cancellation);
        options.Progress?.Report(new(StudyStage.Reporting, "", "", 0, runs.Length, runs.Length, null, 0, 0));
        RunResult[] results = [.. runs.Select(run => Result(folder, record, run))];
        SeedEnsembles.WriteMissing(folder, record, runs, options.Size, options.Cancellation);
        var found = new StudyResults(
            options, record, results, PicturedCase(options.Folds[0]), ensembles: SeedEnsembles.Read(folder, runs));
        held.EnsureHeld();
        ResultFiles.Write(found, folder);
        return found;
    }

    /// <summary>
    /// Says how long a study takes on this machine, or what is left of it. It trains three steps of each method, on a few of the training
    /// cases, and predicts one of them. A busy machine takes longer. Nothing is written.
    /// </summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study. Its folder need not exist.</param>
    /// <exception cref="ArgumentException">An option is out of range or does not fit another; the message says which.</exception>
    /// <exception cref="IOException">A case's file cannot be read.</exception>
    /// <exception cref="InvalidOperationException">A method cannot be trained; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The study was cancelled.</exception>
    public static StudyEstimate Estimate(MLContext ml, StudyOptions options)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(options);
        StudyCheck.Check(options);
        using IDisposable threads = TorchRuntime.UseThreads(options.Threads);
        return new([.. options.Methods.Select(
            method => StudyTiming.Estimate(options, method, StudyTiming.Measure(ml, options, method)))]);
    }

    /// <summary>Lists the tasks of a study: every method in every fold with every seed. No file of a case is read.</summary>
    /// <param name="options">The study. Its folder need not exist.</param>
    /// <returns>The tasks in order, each with its number for <see cref="RunShard"/>.</returns>
    /// <exception cref="ArgumentException">An option is out of range or does not fit another; the message says which.</exception>
    public static IReadOnlyList<StudyTask> List(StudyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        StudyCheck.Check(options);
        return [.. Tasks(options).Select((run, i) => Describe(options, run, i))];
    }

    /// <summary>
    /// Does a share of the tasks of a study, those with the numbers index, index + count, index + 2·count, …, and writes no report. It goes
    /// on with a study in the folder, whatever <see cref="StudyOptions.Resume"/> says, and waits for no process that works. A process on
    /// another machine is watched until it gives a sign of life, or has given none for 90 seconds; then its task is taken over.
    /// <see cref="Merge"/> or <see cref="Run"/> writes the results when all tasks are done.
    /// </summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study, the same for each share.</param>
    /// <param name="index">Which share, from 0 to <paramref name="count"/> − 1.</param>
    /// <param name="count">The number of shares, at least 1.</param>
    /// <returns>The tasks of this share. A task that another process works on is not done.</returns>
    /// <exception cref="ArgumentException">An option is out of range or does not fit another; the message says which.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or a case's file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder holds another study (the message says what differs), or a file is damaged.
    /// </exception>
    /// <exception cref="InvalidOperationException">The folder holds other files, or training failed.</exception>
    /// <exception cref="OperationCanceledException">The study was cancelled; it can be resumed.</exception>
    public static IReadOnlyList<StudyTask> RunShard(MLContext ml, StudyOptions options, int index, int count) =>
        DoShard(ml, options, index, count, LockSurroundings.OfThisProcess);

    /// <inheritdoc cref="RunShard"/>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study, the same for each share.</param>
    /// <param name="index">Which share, from 0 to <paramref name="count"/> − 1.</param>
    /// <param name="count">The number of shares, at least 1.</param>
    /// <param name="surroundings">What the locks of the tasks see.</param>
    internal static IReadOnlyList<StudyTask> DoShard(
        MLContext ml, StudyOptions options, int index, int count, LockSurroundings surroundings)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        StudyCheck.Check(options);
        void Waiting() => options.Progress?.Report(new(StudyStage.Waiting, "", "", 0, 0, 0, null, 0, 0));
        var folder = StudyFolder.Open(options.Folder, StudyRecord.FromOptions(options), resume: true, Waiting, options.Cancellation);
        using IDisposable threads = TorchRuntime.UseThreads(options.Threads);
        StudyRecord record = folder.Read();
        StudyRun[] runs = [.. Tasks(options)];

        // Whether an owner on another machine lives shows only after a while. Other tasks are done first, and then it is asked again.
        int[] open = [.. Enumerable.Range(0, runs.Length).Where(i => i % count == index)];
        while (true)
        {
            open = [.. open.Where(i => Do(ml, options, folder, record, runs, i, surroundings) == RunOutcome.Undecided)];
            if (open.Length == 0)
            {
                break;
            }

            options.Progress?.Report(Progress(runs, open[0]) with { Stage = StudyStage.Waiting });
            surroundings.Pause(options.Cancellation);
            ThrowIfCancelledWhileWaiting(options);
        }

        // Other processes may have added seeds. The process that ends last finds all seeds of a method done.
        record = folder.Read();
        SeedEnsembles.WriteMissing(
            folder, record, Tasks(options with { Seeds = record.Seeds }), options.Size, options.Cancellation);
        return [.. List(options).Where(task => task.Index % count == index)];
    }

    /// <summary>
    /// Checks the records of a study and makes results.csv, results.json and report.html from them alone, without the models and the cases.
    /// Every record must belong to this study, and none may be missing, doubled or changed. This report.html has no pictures of cases;
    /// <see cref="Run"/> writes one that has them, and such a report of the same results stays.
    /// </summary>
    /// <param name="folder">The folder of the study.</param>
    /// <param name="output">The folder to write to; null for the folder of the study.</param>
    /// <param name="methods">The methods of the study that do not come with the library; null for none.</param>
    /// <returns>The problems or the results. Where there is a problem, nothing is written.</returns>
    /// <exception cref="IOException">There is no study in the folder, or a file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The study's record is damaged, or of a newer format.</exception>
    /// <exception cref="InvalidOperationException">The study has a method that is neither the library's nor given.</exception>
    public static StudyMerge Merge(string folder, string? output = null, IReadOnlyList<StudyMethod>? methods = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        StudyMerge merged = StudyMerging.Merge(folder, methods ?? []);
        if (merged.Results is { } results)
        {
            ResultFiles.WriteMerged(results, output ?? folder);
        }

        return merged;
    }

    /// <summary>Does every unfinished run that no other process works on. Where there is no such run, it waits a moment.</summary>
    /// <returns>Whether a run was unfinished.</returns>
    private static bool Advance(MLContext ml, StudyOptions options, StudyFolder folder, StudyRecord record, StudyRun[] runs)
    {
        bool advanced = false;
        StudyProgress? elsewhere = null;
        for (int i = 0; i < runs.Length; i++)
        {
            switch (Do(ml, options, folder, record, runs, i, LockSurroundings.OfThisProcess))
            {
                case RunOutcome.Done:
                    advanced = true;
                    break;
                case RunOutcome.Elsewhere or RunOutcome.Undecided:
                    elsewhere ??= Progress(runs, i) with { Stage = StudyStage.Waiting };
                    break;
            }
        }

        if (!advanced && elsewhere is not null)
        {
            options.Progress?.Report(elsewhere);
            options.Cancellation.WaitHandle.WaitOne(BetweenLooks);
            ThrowIfCancelledWhileWaiting(options);
        }

        return advanced || elsewhere is not null;
    }

    private static void ThrowIfCancelledWhileWaiting(StudyOptions options)
    {
        if (options.Cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(
                $"Interrupted while other processes finish the study. What is done stays in '{options.Folder}'; "
                + "--resume goes on from there.",
                options.Cancellation);
        }
    }

    /// <summary>Does a run, unless it is done or another process works on it.</summary>
    private static RunOutcome Do(
        MLContext ml,
        StudyOptions options,
        StudyFolder folder,
        StudyRecord record,
        StudyRun[] runs,
        int i,
        LockSurroundings surroundings)
    {
        StudyRun run = runs[i];
        RunFolder files = folder.FilesOf(run);
        if (files.IsDone(run.Fold.Evaluation))
        {
            return RunOutcome.WasDone;
        }

        StudyProgress progress = Progress(runs, i);
        Directory.CreateDirectory(files.Path);
        LockAttempt attempt = FolderTaking.Try(files.Path, surroundings);
        using FolderLock? held = attempt.Lock;
        if (held is null)
        {
            return attempt.IsUndecided ? RunOutcome.Undecided : RunOutcome.Elsewhere;
        }

        files = new(files.Path, held);
        try
        {
            options.Cancellation.ThrowIfCancellationRequested();
            options.Progress?.Report(progress);
            RecordBinding binding = record.BindingOf(run);
            RunTraining.Train(
                ml, options, run, files, binding, new Relay(step => options.Progress?.Report(progress with { Training = step })));
            RaterRecord.WriteMissing(folder, run.Fold.Evaluation, record.Binding(), options.Cancellation);
            bool isPictured = run.Fold == options.Folds[0] && run.Seed == record.Seeds[0];
            RunEvaluation.Evaluate(
                ml, options, run, files, binding, isPictured ? PicturedCase(options.Folds[0]) : null,
                done => options.Progress?.Report(progress with { Stage = StudyStage.Evaluating, CasesDone = done }));
            return RunOutcome.Done;
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

    private static StudyProgress Progress(StudyRun[] runs, int i) => new(
        StudyStage.Training, runs[i].Method.Name, runs[i].Fold.Name, runs[i].Seed, i + 1, runs.Length, null, 0,
        runs[i].Fold.Evaluation.Count);

    /// <summary>
    /// The tasks of the options alone. Methods and seeds that others have added to the folder do not count: the numbers of the tasks must
    /// be the same in every process.
    /// </summary>
    private static IEnumerable<StudyRun> Tasks(StudyOptions options) => options.Methods.SelectMany(
        method => options.Folds.SelectMany(fold => options.Seeds.Select(seed => new StudyRun(method, fold, seed))));

    private static StudyTask Describe(StudyOptions options, StudyRun run, int index) => new(
        index, run.Method.Name, run.Fold.Name, run.Seed, StudyFolder.FilesOf(options.Folder, run).IsDone(run.Fold.Evaluation));

    private static RunResult Result(StudyFolder folder, StudyRecord record, StudyRun run)
    {
        RunFolder files = folder.FilesOf(run);
        RecordBinding binding = record.BindingOf(run);
        foreach (string path in run.Fold.Evaluation.Select(raterCase => files.Case(raterCase.Name)).Prepend(files.Training))
        {
            // Records of versions without bindings pass, so that their studies can go on.
            if (StudyJson.ProblemWithBound(path, binding, allowsUnbound: true) is { } problem)
            {
                throw new InvalidDataException(
                    $"'{path}' {problem}. Remove it, and --resume does its part of the study again.");
            }
        }

        return new(
            run, StudyJson.Read<TrainingRecord>(files.Training),
            [.. run.Fold.Evaluation.Select(raterCase => StudyJson.Read<CaseRecord>(files.Case(raterCase.Name)))], files);
    }

    /// <summary>The name of the case whose sampling the report draws step by step: the case in the middle of its fold.</summary>
    private static string PicturedCase(StudyFold fold) => fold.Evaluation[fold.Evaluation.Count / 2].Name;

    /// <summary>What became of a run.</summary>
    private enum RunOutcome
    {
        /// <summary>It was done before.</summary>
        WasDone,

        /// <summary>This process did it.</summary>
        Done,

        /// <summary>Another process works on it.</summary>
        Elsewhere,

        /// <summary>Another process took it, and it is not known yet whether that still works.</summary>
        Undecided,
    }

    private sealed class Relay(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
