using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Datasets;

/// <summary>
/// Looks for everything in a data set that would stop a training run or make its result misleading. Every file is opened and read to its
/// end, once for each case it belongs to. A broken file does not end the check, so that one run lists all problems. Cases are read in
/// parallel. Only a few numbers of each case are kept.
/// </summary>
public static class DatasetCheck
{
    private const int FewestRaters = 2;
    private const int MostRaters = 32;

    /// <summary>Checks cases that a program has listed itself.</summary>
    /// <param name="splits">The splits of the set. Images are compared within each split and between splits.</param>
    /// <param name="raters">How many masks each case should have; null to skip this check.</param>
    /// <param name="missingRaters">Whether a case may have fewer masks: with <see cref="MissingRaters.Fraction"/>, two are enough.</param>
    /// <param name="progress">Receives the number of cases checked so far, after each case, on any thread.</param>
    /// <param name="noData">
    /// The value of pixels without data, as in NormalizeSlices. These pixels are not checked. Null where all pixels have data.
    /// </param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public static DatasetCheckReport Run(
        IEnumerable<DatasetSplit> splits,
        int? raters = null,
        MissingRaters missingRaters = MissingRaters.Drop,
        IProgress<int>? progress = null,
        float? noData = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(splits);
        var problems = new List<DatasetProblem>();
        if (raters is < FewestRaters or > MostRaters)
        {
            problems.Add(ProblemOfSet(
                ProblemSeverity.Warning,
                DatasetProblemKind.RaterCount,
                null,
                raters < FewestRaters
                    ? "The set has one rater."
                    : $"The set has {raters} raters, more than the {MostRaters} that are meant.",
                raters < FewestRaters
                    ? "Agreement takes two raters at least: with one, only that rater's masks are learned."
                    : "Training takes as long as there are levels: set fewer levels, or group raters."));
        }

        var images = new Dictionary<string, List<CaseCheck>>(StringComparer.Ordinal);
        var channels = new List<CaseCheck>();
        var ceilings = new List<IReadOnlyList<ResizingCeiling>>();
        var sources = new SharedSources();
        ParallelQuery<CaseCheck> checks = splits.SelectMany(split => split.Cases.Select(one => (Split: split.Name, Case: one)))
            .Select(sources.Noted)
            .AsParallel().AsOrdered().WithCancellation(cancellation)
            .Select(item => CaseCheck.Read(item.Split, item.Case, raters, missingRaters, noData));
        int cases = 0;
        foreach (CaseCheck check in checks)
        {
            cases++;
            problems.AddRange(check.Problems);
            if (check.ImageHash is { } hash)
            {
                if (!images.TryGetValue(hash, out List<CaseCheck>? same))
                {
                    images.Add(hash, same = new(1));
                }

                same.Add(check);
            }

            if (check.Channels is not null)
            {
                channels.Add(check);
            }

            if (check.Ceilings is not null)
            {
                ceilings.Add(check.Ceilings);
            }

            progress?.Report(cases);
        }

        SayOnce(problems, DatasetProblemKind.Reoriented);
        SayOnce(problems, DatasetProblemKind.PositionAssumed);
        problems.AddRange(OddChannels(channels));
        problems.AddRange(OddDirections(channels));
        problems.AddRange(images.Values.Where(same => same.Count > 1).SelectMany(Duplicates));
        problems.AddRange(sources.AcrossSplits());
        return new(cases, problems) { Ceilings = ResizingCeiling.Mean(ceilings) };
    }

    /// <summary>Checks both splits of a task of a QUBIQ folder, including the cases that a listing would leave out.</summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="task">The task.</param>
    /// <param name="progress">As in <see cref="Run"/>.</param>
    /// <param name="noData">As in <see cref="Run"/>.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="DirectoryNotFoundException">
    /// The folder does not exist or holds no such set; the message says what was looked for.
    /// </exception>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public static DatasetCheckReport RunQubiq(
        string root, QubiqTask task, IProgress<int>? progress = null, float? noData = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        QubiqDataset.EnsureFolder(root);
        var found = new List<DatasetProblem>();
        var splits = new List<DatasetSplit>();
        foreach (QubiqSplit split in (QubiqSplit[])[QubiqSplit.Train, QubiqSplit.Validation])
        {
            List<string> folders = QubiqLayout.SplitFolders(root, task.Folders, split);
            string name = split == QubiqSplit.Train ? "train" : "val";
            foreach (string folder in folders.Skip(1))
            {
                found.Add(ProblemOfSet(
                    ProblemSeverity.Warning, DatasetProblemKind.UnusedFile, folder,
                    $"'{folder}' is not looked at: the cases of that split are taken from '{folders[0]}'.",
                    "Remove one of the two folders."));
            }

            if (folders.Count > 0)
            {
                List<RaterCase> cases = QubiqCases(folders[0], task, name, found);
                splits.Add(new(name, cases));
                if (cases.Count == 0)
                {
                    found.Add(ProblemOfSet(
                        ProblemSeverity.Error,
                        DatasetProblemKind.NoCases,
                        folders[0],
                        $"'{folders[0]}' holds no cases.",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"Put folders such as 'case01' there, each with 'image.nii.gz' and masks "
                            + $"'task{task.Number:00}_seg01.nii.gz' …")));
                }
            }
        }

        if (splits.Count == 0)
        {
            // Throws an exception that says what was looked for, and where.
            _ = QubiqDataset.List(root, task, QubiqSplit.Train);
        }

        return Add(found, Run(splits, task.Raters, MissingRaters.Drop, progress, noData, cancellation));
    }

    /// <summary>
    /// Checks a manifest and the set that it describes. Mistakes in the manifest are among the problems. The cases without such mistakes
    /// are checked.
    /// </summary>
    /// <param name="path">The manifest.</param>
    /// <param name="progress">As in <see cref="Run"/>.</param>
    /// <param name="noData">As in <see cref="Run"/>.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="FileNotFoundException">The manifest does not exist.</exception>
    /// <exception cref="InvalidDataException">The manifest is not JSON, or its format is newer.</exception>
    /// <exception cref="IOException">The manifest cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public static DatasetCheckReport RunManifest(
        string path, IProgress<int>? progress = null, float? noData = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (DatasetManifest manifest, IReadOnlyList<ManifestFault> faults) = ManifestReader.Read(path);
        List<DatasetProblem> found =
        [
            .. faults.Select(fault => ProblemOfSet(
                ProblemSeverity.Error, DatasetProblemKind.Manifest, path, $"'{path}', {fault}.",
                "Correct the manifest; data-schemas/dataset.schema.json describes it.")),
        ];

        // The structures of a set are sets of their own that share their images. Problems of an image are named for each structure.
        // What resizing leaves is the least that it leaves of any of them.
        int cases = 0;
        var ceilings = new List<ResizingCeiling>();
        foreach (DatasetManifest set in manifest.Structures.Count == 0
            ? [manifest]
            : manifest.Structures.Select(manifest.ForStructure))
        {
            DatasetSplit[] splits =
            [
                .. set.Cases.Where(one => manifest.Structures.Count == 0 || one.Masks.Count > 0).GroupBy(one => one.Split)
                    .Select(split => new DatasetSplit(split.Key, ManifestCases(set, split, found))),
            ];

            // If the list of raters has a mistake, its length cannot be used.
            DatasetCheckReport report = Run(
                splits, set.Raters.Count > 0 ? set.Levels : null, set.MissingRaters, progress, noData, cancellation);
            found.AddRange(report.Problems);
            ceilings.AddRange(report.Ceilings);
            cases += report.Cases;
        }

        return new(cases, found)
        {
            Ceilings = [.. ceilings.GroupBy(ceiling => ceiling.Size).Select(same => same.MinBy(ceiling => ceiling.SoftDice)!)],
        };
    }

    private static List<RaterCase> ManifestCases(DatasetManifest manifest, IEnumerable<DatasetCase> cases, List<DatasetProblem> found)
    {
        var expanded = new List<RaterCase>();
        foreach (DatasetCase one in cases)
        {
            try
            {
                expanded.AddRange(manifest.Expand(one).ToArray());
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                found.Add(new(
                    ProblemSeverity.Error, DatasetProblemKind.Unreadable, one.Split, one.Name, null, exception.Message,
                    "Correct the case's paths, or do not describe it as a volume."));
            }
        }

        return expanded;
    }

    private static List<RaterCase> QubiqCases(string folder, QubiqTask task, string split, List<DatasetProblem> found)
    {
        var cases = new List<RaterCase>();
        foreach (string caseFolder in QubiqLayout.CaseFolders(folder))
        {
            string name = Path.GetFileName(caseFolder);
            try
            {
                QubiqCaseFolder files = QubiqCaseFolder.Read(caseFolder, task.Number);
                found.AddRange(files.Twins.Select(line => new DatasetProblem(
                    ProblemSeverity.Warning, DatasetProblemKind.UnusedFile, split, name, null, line, "Keep one of the two files.")));
                cases.Add(files.Case(name, files.Image ?? Path.Combine(caseFolder, "image.nii.gz"), task.Number));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                found.Add(new(
                    ProblemSeverity.Error, DatasetProblemKind.Unreadable, split, name, caseFolder, exception.Message,
                    "Make the folder readable."));
            }
        }

        return cases;
    }

    /// <summary>Keeps the first problem of a kind that usually affects a whole set, and adds the number of the others.</summary>
    private static void SayOnce(List<DatasetProblem> problems, DatasetProblemKind kind)
    {
        int first = problems.FindIndex(problem => problem.Kind == kind), count = problems.Count(problem => problem.Kind == kind);
        if (count > 1)
        {
            DatasetProblem example = problems[first];
            problems.RemoveAll(problem => problem.Kind == kind);
            problems.Insert(
                first,
                example with { Message = $"{example.Message} So it is with {(count == 2 ? "1 more file" : $"{count - 1} more files")}." });
        }
    }

    /// <summary>Cases whose number of channels differs from that of most cases.</summary>
    private static IEnumerable<DatasetProblem> OddChannels(List<CaseCheck> checks)
    {
        if (checks.Count == 0)
        {
            return [];
        }

        int usual = checks.GroupBy(check => check.Channels!.Value).OrderByDescending(group => group.Count()).First().Key;
        return from check in checks
               where check.Channels != usual
               select new DatasetProblem(
                   ProblemSeverity.Error,
                   DatasetProblemKind.ChannelCount,
                   check.Split,
                   check.Name,
                   check.ImagePath,
                   $"'{check.ImagePath}' gives case '{check.Name}' {(check.Channels == 1 ? "1 channel" : $"{check.Channels} channels")}, "
                   + $"but most cases have {usual}.",
                   "All images of a set need the same channels: convert it, or remove the case.");
    }

    /// <summary>
    /// Cases whose images are stored in a different orientation from most. Reading aligns the files of one case, but not different cases.
    /// </summary>
    private static IEnumerable<DatasetProblem> OddDirections(List<CaseCheck> checks)
    {
        CaseCheck[] known = [.. checks.Where(check => check.Directions is not null)];
        if (known.Length == 0)
        {
            return [];
        }

        string usual = known.GroupBy(check => check.Directions!, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .First().Key;
        return from check in known
               where check.Directions != usual
               select new DatasetProblem(
                   ProblemSeverity.Warning,
                   DatasetProblemKind.CaseOrientation,
                   check.Split,
                   check.Name,
                   check.ImagePath,
                   $"'{check.ImagePath}' is stored with its {check.Directions}, most images of the set with their {usual}.",
                   "A model learns images as they are stored: store all images of a set, and those to predict, in one orientation.");
    }

    private static IEnumerable<DatasetProblem> Duplicates(List<CaseCheck> same)
    {
        CaseCheck first = same[0];
        foreach (CaseCheck other in same.Skip(1))
        {
            bool isWithin = other.Split == first.Split;
            yield return new(
                ProblemSeverity.Warning,
                isWithin ? DatasetProblemKind.DuplicateImage : DatasetProblemKind.DuplicateAcrossSplits,
                other.Split,
                other.Name,
                other.ImagePath,
                $"'{other.ImagePath}' is the same image, pixel by pixel, as '{first.ImagePath}' of case "
                + $"'{first.Name}'{(isWithin ? "" : $" in split '{first.Split}'")}.",
                isWithin
                    ? "Remove one of the two cases, or join their masks."
                    : "Remove it from one of the splits: scores on a case that was trained on say nothing.");
        }
    }

    private static DatasetProblem ProblemOfSet(
        ProblemSeverity severity, DatasetProblemKind kind, string? file, string message, string advice) =>
        new(severity, kind, null, null, file, message, advice);

    private static DatasetCheckReport Add(List<DatasetProblem> found, DatasetCheckReport report) =>
        report with { Problems = [.. found, .. report.Problems] };
}
