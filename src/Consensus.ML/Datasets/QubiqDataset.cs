using System.Globalization;
using System.Text.RegularExpressions;

namespace Consensus.ML;

/// <summary>Finds the cases of a QUBIQ task on disk, in the published code's layout and in that of the challenge's archives.</summary>
/// <remarks>
/// Taken are <c>&lt;set&gt;/{train,val}/caseNN</c> and <c>training_data_v3_QC/&lt;set&gt;/Training/caseNN</c> with
/// <c>validation_data_qubiq2021_QC/&lt;set&gt;/Validation/caseNN</c>. The root may be the folder above the set, the set's folder itself, one of the
/// archives' folders or the one above them. A case's folder holds <c>image.nii.gz</c> and <c>task0T_seg0R.nii.gz</c>, or the same without
/// <c>.gz</c>. Links are followed.
/// </remarks>
public static partial class QubiqDataset
{
    private static readonly string[] _trainFolders = ["train", "training"];
    private static readonly string[] _validationFolders = ["val", "validation"];
    private static readonly string[] _archives = ["training_data_v3_QC", "validation_data_qubiq2021_QC"];

    /// <summary>Lists the usable cases in numeric order. A case that lacks its image or has another number of masks than the task is left out with a warning.</summary>
    /// <param name="root">The folder that holds the set's folder, or is it.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">Which part of it.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist or holds no such set; the message says what was looked for.</exception>
    /// <exception cref="InvalidDataException">The set is there, but no case of it can be used.</exception>
    public static QubiqListing List(string root, QubiqTask task, QubiqSplit split)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(task);
        if (!Enum.IsDefined(split))
        {
            throw new ArgumentOutOfRangeException(nameof(split), split, "The split must be Train or Validation.");
        }

        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException(File.Exists(root) ? $"'{root}' is a file, where a folder of cases is expected." : $"The folder '{root}' does not exist.");
        }

        var warnings = new List<string>();
        List<string> folders = SplitFolders(root, task, split);
        if (folders.Count == 0)
        {
            string[] names = SplitNames(split);
            throw new DirectoryNotFoundException(
                $"'{root}' holds no {names[^1]} cases of {task.Name}: looked for a folder {string.Join(" or ", task.Folders.Select(folder => $"'{folder}'"))} with a folder "
                + $"{string.Join(" or ", names.Select(name => $"'{name}'"))} in it, for those folders directly, and in {string.Join(" and ", _archives.Select(archive => $"'{archive}'"))}.");
        }

        foreach (string other in folders.Skip(1))
        {
            warnings.Add($"'{other}' was left out: the {split} cases of {task.Name} were taken from '{folders[0]}'.");
        }

        return ListCases(folders[0], task, split, warnings);
    }

    private static QubiqListing ListCases(string folder, QubiqTask task, QubiqSplit split, List<string> warnings)
    {
        string[] caseFolders = [.. Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.'))];
        Array.Sort(caseFolders, (x, y) => CaseNameComparer.Instance.Compare(Path.GetFileName(x), Path.GetFileName(y)));
        var cases = new List<RaterCase>(caseFolders.Length);
        int reasons = warnings.Count;
        foreach (string caseFolder in caseFolders)
        {
            if (ReadCase(caseFolder, task, warnings) is { } found)
            {
                cases.Add(found);
            }
        }

        if (cases.Count == 0)
        {
            throw new InvalidDataException(caseFolders.Length == 0
                ? $"'{folder}' holds no cases: looked for folders such as 'case01' with 'image.nii.gz' and {task.Raters} masks 'task{task.Number:00}_seg01.nii.gz' …"
                : $"'{folder}' holds no usable {split} case of {task.Name} among {caseFolders.Length}; the first: {warnings[reasons]}");
        }

        return new QubiqListing(cases, warnings);
    }

    private static RaterCase? ReadCase(string folder, QubiqTask task, List<string> warnings)
    {
        string name = Path.GetFileName(folder);
        string? image = null;
        var masks = new SortedDictionary<int, string>();
        string[] files = [.. Directory.EnumerateFiles(folder)];

        // The order of a disk is none: with it fixed, 'x.nii' comes before 'x.nii.gz' and so the latter stays.
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            string fileName = Path.GetFileName(file);
            if (ImageName().IsMatch(fileName))
            {
                WarnOfTwin(image, file, warnings);
                image = file;
            }
            else if (MaskName().Match(fileName) is { Success: true } match && ParseNumber(match.Groups[1]) == task.Number && ParseNumber(match.Groups[2]) is { } rater)
            {
                WarnOfTwin(masks.GetValueOrDefault(rater), file, warnings);
                masks[rater] = file;
            }
        }

        if (image is null)
        {
            warnings.Add($"Case '{name}' was left out: '{folder}' holds no 'image.nii.gz' or 'image.nii'.");
            return null;
        }

        if (masks.Count != task.Raters)
        {
            warnings.Add($"Case '{name}' was left out: '{folder}' holds {masks.Count} masks 'task{task.Number:00}_seg*.nii.gz' where {task.Name} has {task.Raters}.");
            return null;
        }

        return new RaterCase(name, [image], [.. masks.Values], [.. masks.Keys.Select(rater => rater.ToString(CultureInfo.InvariantCulture))]);
    }

    private static void WarnOfTwin(string? first, string second, List<string> warnings)
    {
        if (first is not null)
        {
            warnings.Add($"'{first}' was left out: '{second}' stands for the same image.");
        }
    }

    private static int? ParseNumber(Group group)
        => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Every place that holds the split, the most direct first.</summary>
    private static List<string> SplitFolders(string root, QubiqTask task, QubiqSplit split)
    {
        var found = new List<string>();
        foreach (string set in SetFolders(root, task))
        {
            if (Child(set, SplitNames(split)) is { } folder && !found.Contains(folder))
            {
                found.Add(folder);
            }
        }

        return found;
    }

    private static IEnumerable<string> SetFolders(string root, QubiqTask task)
    {
        if (Child(root, task.Folders) is { } direct)
        {
            yield return direct;
        }

        // A folder that bears another set's name is that set's, whatever it holds.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        string own = Path.GetFileName(full);
        bool isOwn = task.Folders.Contains(own, StringComparer.OrdinalIgnoreCase);
        if (isOwn || !QubiqTask.All.Any(other => other.Folders.Contains(own, StringComparer.OrdinalIgnoreCase)))
        {
            yield return root;
        }

        // One archive was named, or the set in it: the other archive lies beside it.
        string? above = Path.GetDirectoryName(full);
        string? aboveSet = isOwn && above is not null && IsArchive(Path.GetFileName(above)) ? Path.GetDirectoryName(above) : null;
        foreach (string? holder in new[] { root, IsArchive(own) ? above : null, aboveSet })
        {
            foreach (string archive in holder is null ? [] : Archives(holder))
            {
                if (Child(archive, task.Folders) is { } set)
                {
                    yield return set;
                }
            }
        }
    }

    private static IEnumerable<string> Archives(string holder)
        => from name in _archives
           let archive = Child(holder, [name])
           where archive is not null
           select archive;

    private static bool IsArchive(string name) => _archives.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string[] SplitNames(QubiqSplit split) => split == QubiqSplit.Train ? _trainFolders : _validationFolders;

    /// <summary>The folder of one of these names, whatever its case; an earlier name wins.</summary>
    private static string? Child(string folder, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            string exact = Path.Combine(folder, name);
            if (Directory.Exists(exact))
            {
                return exact;
            }
        }

        return Directory.EnumerateDirectories(folder)
            .Where(path => names.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
    }

    [GeneratedRegex(@"^image\.nii(\.gz)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^task([0-9]+)_seg([0-9]+)\.nii(\.gz)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MaskName();
}
