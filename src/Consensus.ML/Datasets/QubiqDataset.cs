using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;

namespace Consensus.ML.Datasets;

/// <summary>
/// Finds the tasks and cases of QUBIQ sets on disk. It knows the layout of the published code and the layout of the challenge's archives.
/// </summary>
/// <remarks>
/// The folders of cases are <c>&lt;set&gt;/{train,val}/caseNN</c>, or <c>training_data_v3_QC/&lt;set&gt;/Training/caseNN</c> with
/// <c>validation_data_qubiq2021_QC/&lt;set&gt;/Validation/caseNN</c>. The root may be the folder above the set, the set's folder itself,
/// one of the archives' folders or the folder above them. A case's folder holds <c>image.nii.gz</c> and <c>task0T_seg0R.nii.gz</c>, or the
/// same as <c>.nii</c>, <c>.tif</c>, <c>.tiff</c>, <c>.png</c>, <c>.bmp</c>, <c>.gif</c>, <c>.jpg</c> or <c>.jpeg</c>, in any case of
/// letters. Of two files for the same image, the file whose ending comes first in this list is used, and a warning names the other. Links
/// are followed. Sets with other names can use this layout too: see <see cref="FindTask"/>.
/// </remarks>
public static class QubiqDataset
{
    /// <summary>Lists the usable cases in numeric order. A case without an image or without any mask is left out with a warning.</summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">The split.</param>
    /// <param name="missingRaters">
    /// Whether to leave out or keep a case whose number of masks differs from that of the task. A warning names the case in both
    /// situations.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">
    /// The folder does not exist or holds no such set; the message says what was looked for.
    /// </exception>
    /// <exception cref="InvalidDataException">The set exists, but none of its cases can be used.</exception>
    public static CaseListing List(string root, QubiqTask task, QubiqSplit split, MissingRaters missingRaters = MissingRaters.Drop)
    {
        ArgumentNullException.ThrowIfNull(task);
        EnsureSplit(split);
        if (!Enum.IsDefined(missingRaters))
        {
            throw new ArgumentOutOfRangeException(
                nameof(missingRaters), missingRaters, "What is done with missing raters must be Drop or Fraction.");
        }

        EnsureFolder(root);
        var warnings = new List<string>();
        return ListCases(FindSplit(root, task.Name, task.Folders, split, warnings), task, split, missingRaters, warnings);
    }

    /// <summary>
    /// Lists the images of a set in numeric order, with or without masks: everything that can be predicted. A case without an image is left
    /// out with a warning.
    /// </summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="name">
    /// The name of a task, as in <see cref="FindTask"/>, or of a set's folder. Null for the only set in the folder.
    /// </param>
    /// <param name="split">The split.</param>
    /// <returns>The cases without masks and raters; at least one.</returns>
    /// <exception cref="ArgumentException">
    /// No set has that name, or no name was given and there are several sets; the message lists the sets.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">
    /// The folder does not exist or holds no such split; the message says what was looked for.
    /// </exception>
    /// <exception cref="InvalidDataException">The split exists, but has no image.</exception>
    public static CaseListing ListImages(string root, string? name, QubiqSplit split)
    {
        EnsureFolder(root);
        EnsureSplit(split);
        (string called, IReadOnlyList<string> set) = FindSet(root, name);
        var warnings = new List<string>();
        string folder = FindSplit(root, called, set, split, warnings);
        var cases = new List<RaterCase>();
        foreach (string caseFolder in QubiqLayout.CaseFolders(folder))
        {
            QubiqCaseFolder files = QubiqCaseFolder.Read(caseFolder);
            warnings.AddRange(files.ImageTwins);
            if (files.Image is null)
            {
                warnings.Add(WithoutImage(caseFolder));
                continue;
            }

            cases.Add(new RaterCase(Path.GetFileName(caseFolder), files.Image, []));
        }

        return cases.Count > 0
            ? new CaseListing(cases, warnings)
            : throw new InvalidDataException(
                $"'{folder}' holds no images: looked for folders such as 'case01' with {QubiqCaseFolder.ImageNames}.");
    }

    /// <summary>
    /// The tasks in a folder: those of the challenge's sets, and those of any other set in the same layout. A task of another set gets its
    /// name from the folder (<c>cells</c>, or <c>cells-1</c>, <c>cells-2</c>, … where there are several tasks). Its number of raters is the
    /// number of masks that most training cases have (the larger number of two that are equally frequent). Its channels, height and width
    /// are those of the first image that can be read.
    /// </summary>
    /// <param name="root">The folder that holds the sets' folders, or the folder of a set.</param>
    /// <returns>The tasks in natural order of their names; none where the folder holds no set with masks.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static IReadOnlyList<QubiqTask> FindTasks(string root)
    {
        EnsureFolder(root);
        return [.. QubiqLayout.Sets(root).SelectMany(set => QubiqDiscovery.Tasks(set.Name, set.Folders))];
    }

    /// <summary>
    /// Finds a task by name: a task of <see cref="QubiqTask.All"/>, or else a task of a set in the folder. The name of a set alone means
    /// its first task. A number after it means the task of that number: <c>cells</c>, <c>cells-2</c>.
    /// </summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="name">The name, in any case of letters, with hyphens or underscores. Null for the only task in the folder.</param>
    /// <exception cref="ArgumentException">
    /// No task has that name, or no name was given and there are several tasks; the message lists the tasks.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static QubiqTask FindTask(string root, string? name = null)
    {
        if (name is not null && QubiqTask.TryParse(name) is { } known)
        {
            return known;
        }

        EnsureFolder(root);
        if (name is not null && QubiqDiscovery.FindTask(root, name) is { } found)
        {
            return found;
        }

        IReadOnlyList<QubiqTask> tasks = FindTasks(root);
        if (name is null && tasks.Count == 1)
        {
            return tasks[0];
        }

        string names = string.Join(", ", tasks);
        string nothing = $"'{root}' holds no set in QUBIQ's layout: a folder such as 'cells' with 'train/case01/image.nii.gz' in it, "
            + "and masks 'task01_seg01.nii.gz' … beside that";
        throw new ArgumentException((name, tasks.Count) switch
        {
            (null, 0) => $"{nothing}.",
            (null, _) => $"'{root}' holds several tasks; say which is meant: {names}.",
            (_, 0) => $"Unknown task '{name}': the challenge's tasks are {QubiqTask.Names}, and {nothing}.",
            _ => $"Unknown task '{name}': the challenge's tasks are {QubiqTask.Names}, and '{root}' holds {names}.",
        });
    }

    /// <summary>Reads the image and the masks of the folder of one case, of any set, from the names of its files.</summary>
    /// <param name="folder">
    /// The case's folder, with <c>image.nii.gz</c> and masks <c>task0T_seg0R.nii.gz</c> in it, or pictures with such names.
    /// </param>
    /// <param name="task">The number of the task whose masks are read; null for the only task in the folder.</param>
    /// <returns>The case with its masks; without masks where the folder has no masks of any task.</returns>
    /// <exception cref="ArgumentException">
    /// That task has no masks, or no number was given and there are several tasks; the message lists the tasks.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="InvalidDataException">The folder holds no image.</exception>
    public static RaterCase ReadCase(string folder, int? task = null)
    {
        EnsureFolder(folder);
        QubiqCaseFolder files = QubiqCaseFolder.Read(folder);
        if (files.Image is null)
        {
            throw new InvalidDataException($"'{folder}' is not the folder of a case: it holds no {QubiqCaseFolder.ImageNames}.");
        }

        int[] tasks = [.. files.Tasks];
        if (task is null ? tasks.Length > 1 : !tasks.Contains(task.Value))
        {
            string found = tasks.Length == 0
                ? "holds no masks"
                : $"holds masks of {(tasks.Length == 1 ? "task" : "the tasks")} {string.Join(", ", tasks)}";
            throw new ArgumentException(task is null ? $"'{folder}' {found}; say which task is meant." : string.Create(
                CultureInfo.InvariantCulture,
                $"'{folder}' {found}, and so none of task {task}."));
        }

        return files.Case(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), files.Image, task ?? tasks.FirstOrDefault());
    }

    internal static void EnsureFolder(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException(
                File.Exists(root) ? $"'{root}' is a file, where a folder of cases is expected." : $"The folder '{root}' does not exist.");
        }
    }

    private static void EnsureSplit(QubiqSplit split)
    {
        if (!Enum.IsDefined(split))
        {
            throw new ArgumentOutOfRangeException(nameof(split), split, "The split must be Train or Validation.");
        }
    }

    /// <summary>The set for a name of a set or task. All tasks of a set share its images, and a set without masks has no task.</summary>
    private static (string Name, IReadOnlyList<string> Folders) FindSet(string root, string? name)
    {
        string[] sets = [.. QubiqLayout.Sets(root).Select(set => set.Name)];
        if (name is null && sets.Length == 1)
        {
            return (sets[0], sets);
        }

        if (name is not null
            && QubiqTask.TryParse(name) is null
            && Array.Find(sets, set => QubiqTask.Spelling(set).Equals(QubiqTask.Spelling(name), StringComparison.OrdinalIgnoreCase))
                is { } own)
        {
            return (own, [own]);
        }

        try
        {
            QubiqTask task = FindTask(root, name);
            return (task.Name, task.Folders);
        }
        catch (ArgumentException) when (sets.Length > 0)
        {
            string names = string.Join(", ", sets);
            throw new ArgumentException(name is null
                ? $"'{root}' holds several sets; say which is meant: {names}."
                : $"Unknown task '{name}': '{root}' holds {names}.");
        }
    }

    /// <summary>The folder of a split.</summary>
    /// <exception cref="DirectoryNotFoundException">The split has no folder; the message says what was looked for.</exception>
    private static string FindSplit(string root, string name, IReadOnlyList<string> set, QubiqSplit split, List<string> warnings)
    {
        List<string> folders = QubiqLayout.SplitFolders(root, set, split);
        if (folders.Count == 0)
        {
            string[] names = QubiqLayout.SplitNames(split);
            throw new DirectoryNotFoundException(
                $"'{root}' holds no {names[^1]} cases of {name}: looked for a folder "
                + $"{string.Join(" or ", set.Select(folder => $"'{folder}'"))} with a folder "
                + $"{string.Join(" or ", names.Select(folder => $"'{folder}'"))} in it, for those folders directly, and in "
                + $"{string.Join(" and ", QubiqLayout.ArchiveNames.Select(archive => $"'{archive}'"))}.");
        }

        foreach (string other in folders.Skip(1))
        {
            warnings.Add($"'{other}' was left out: the {split} cases of {name} were taken from '{folders[0]}'.");
        }

        return folders[0];
    }

    internal static string WithoutImage(string folder) =>
        $"Case '{Path.GetFileName(folder)}' was left out: '{folder}' holds no {QubiqCaseFolder.ImageNames}.";

    private static CaseListing ListCases(
        string folder,
        QubiqTask task,
        QubiqSplit split,
        MissingRaters missingRaters,
        List<string> warnings)
    {
        string[] caseFolders = QubiqLayout.CaseFolders(folder);
        var cases = new List<RaterCase>(caseFolders.Length);
        int reasons = warnings.Count;
        foreach (string caseFolder in caseFolders)
        {
            if (ReadCase(caseFolder, task, missingRaters, warnings) is { } found)
            {
                cases.Add(found);
            }
        }

        if (cases.Count == 0)
        {
            throw new InvalidDataException(caseFolders.Length == 0
                ? $"'{folder}' holds no cases: looked for folders such as 'case01' with 'image.nii.gz' and {task.Raters} masks "
                    + $"'task{task.Number:00}_seg01.nii.gz' …"
                : $"'{folder}' holds no usable {split} case of {task.Name} among {caseFolders.Length}; the first: {warnings[reasons]}");
        }

        return new CaseListing(cases, warnings);
    }

    private static RaterCase? ReadCase(string folder, QubiqTask task, MissingRaters missingRaters, List<string> warnings)
    {
        string name = Path.GetFileName(folder);
        QubiqCaseFolder files = QubiqCaseFolder.Read(folder, task.Number);
        warnings.AddRange(files.Twins);
        if (files.Image is null)
        {
            warnings.Add(WithoutImage(folder));
            return null;
        }

        RaterCase found = files.Case(name, files.Image, task.Number);
        int masks = found.AnnotationPaths.Count;
        if (masks != task.Raters)
        {
            bool isKept = missingRaters == MissingRaters.Fraction && masks > 0;
            warnings.Add(
                $"Case '{name}' {(isKept ? "has another number of raters" : "was left out")}: "
                + $"'{folder}' holds {masks} masks 'task{task.Number:00}_seg*' where {task.Name} has {task.Raters}.");
            if (!isKept)
            {
                return null;
            }
        }

        return found;
    }
}
