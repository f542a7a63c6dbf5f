using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>
/// Finds the folders of QUBIQ sets and of their splits, in the layout of the published code and in that of the challenge's archives.
/// </summary>
internal static class QubiqLayout
{
    public static readonly string[] ArchiveNames = ["training_data_v3_QC", "validation_data_qubiq2021_QC"];

    private static readonly string[] _trainFolders = ["train", "training"];
    private static readonly string[] _validationFolders = ["val", "validation"];

    public static string[] SplitNames(QubiqSplit split) => split == QubiqSplit.Train ? _trainFolders : _validationFolders;

    /// <summary>The folder of a split in a set's folder; null where there is none.</summary>
    public static string? SplitFolder(string set, QubiqSplit split) => Child(set, SplitNames(split));

    /// <summary>Every folder that holds the split of a set, the most direct first.</summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="names">The allowed names of the set's folder.</param>
    /// <param name="split">The split.</param>
    public static List<string> SplitFolders(string root, IReadOnlyList<string> names, QubiqSplit split)
    {
        var found = new List<string>();
        foreach (string set in SetFolders(root, names))
        {
            if (SplitFolder(set, split) is { } folder && !found.Contains(folder))
            {
                found.Add(folder);
            }
        }

        return found;
    }

    /// <summary>Every set in a folder, with any name: the folder itself, the sets in it and the sets in the challenge's archives.</summary>
    /// <returns>The name of each set with the folders that hold a part of it, in natural order of the names.</returns>
    public static IEnumerable<(string Name, IReadOnlyList<string> Folders)> Sets(string root)
    {
        string full = FullPath(root);
        string? archiveHolder = IsArchive(Path.GetFileName(full)) ? Path.GetDirectoryName(full) : null;
        IEnumerable<string> archives = Archives(root).Concat(archiveHolder is null ? [] : Archives(archiveHolder));
        return from folder in Subfolders(root).Concat(archives.SelectMany(Subfolders)).Prepend(full)
               where IsSet(folder)
               group folder by Path.GetFileName(folder) into set
               orderby set.Key
               select (set.Key, (IReadOnlyList<string>)[.. set.Distinct()]);
    }

    /// <summary>The folders of cases in a folder, in numeric order; links are followed.</summary>
    public static string[] CaseFolders(string folder)
    {
        string[] found = [.. Subfolders(folder)];
        Array.Sort(found, (x, y) => CaseNameComparer.Instance.Compare(Path.GetFileName(x), Path.GetFileName(y)));
        return found;
    }

    private static IEnumerable<string> Subfolders(string folder) =>
        Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path.AsSpan()).StartsWith('.'));

    private static bool IsSet(string folder)
    {
        try
        {
            return SplitFolder(folder, QubiqSplit.Train) is not null || SplitFolder(folder, QubiqSplit.Validation) is not null;
        }
        catch (UnauthorizedAccessException)
        {
            // A folder that cannot be opened, such as lost+found, is not a set.
            return false;
        }
    }

    private static IEnumerable<string> SetFolders(string root, IReadOnlyList<string> names)
    {
        if (Child(root, names) is { } direct)
        {
            yield return direct;
        }

        // A folder with the name of a different set belongs to that set, whatever it holds.
        string full = FullPath(root);
        string own = Path.GetFileName(full);
        bool isOwn = names.Contains(own, StringComparer.OrdinalIgnoreCase);
        if (isOwn || !QubiqTask.All.Any(other => other.Folders.Contains(own, StringComparer.OrdinalIgnoreCase)))
        {
            yield return root;
        }

        // The root is an archive, or a set in an archive. The other archive is next to it.
        string? above = Path.GetDirectoryName(full);
        string? aboveSet = isOwn && above is not null && IsArchive(Path.GetFileName(above)) ? Path.GetDirectoryName(above) : null;
        foreach (string? holder in new[] { root, IsArchive(own) ? above : null, aboveSet })
        {
            foreach (string archive in holder is null ? [] : Archives(holder))
            {
                if (Child(archive, names) is { } set)
                {
                    yield return set;
                }
            }
        }
    }

    private static string FullPath(string root) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    private static IEnumerable<string> Archives(string holder)
        => from name in ArchiveNames
           let archive = Child(holder, [name])
           where archive is not null
           select archive;

    private static bool IsArchive(string name) => ArchiveNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The folder with one of these names, in any case of letters; an earlier name has priority.</summary>
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
}
