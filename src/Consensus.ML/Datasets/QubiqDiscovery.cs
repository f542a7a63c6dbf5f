using System.Globalization;
using Consensus.Imaging.Files;

namespace Consensus.ML.Datasets;

/// <summary>Finds the tasks of a set and their numbers of raters from the files in its folders.</summary>
internal static class QubiqDiscovery
{
    // The data check reports images that cannot be read. Here, any of the first few images gives the size.
    private const int ImagesTried = 8;

    /// <summary>Finds a task by name in the sets of a folder; null where no task has the name.</summary>
    public static QubiqTask? FindTask(string root, string name)
    {
        string wanted = QubiqTask.Spelling(name);

        // The longest name comes first, because the name of a set may itself end in a number.
        foreach ((string set, IReadOnlyList<string> folders) in QubiqLayout.Sets(root).OrderByDescending(set => set.Name.Length))
        {
            string own = QubiqTask.Spelling(set);
            if (NumberBehind(own, wanted) is { } number && Tasks(set, folders) is { Count: > 0 } tasks
                && (tasks.FirstOrDefault(task => task.Number == Math.Max(number, 1))
                    ?? (number == 0 && tasks.Count == 1 ? tasks[0] : null)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The tasks of one set, in the order of their numbers.</summary>
    /// <param name="set">The name of its folder.</param>
    /// <param name="folders">The folders that hold its splits.</param>
    public static IReadOnlyList<QubiqTask> Tasks(string set, IReadOnlyList<string> folders)
    {
        foreach (QubiqSplit split in (QubiqSplit[])[QubiqSplit.Train, QubiqSplit.Validation])
        {
            if (folders.Select(folder => QubiqLayout.SplitFolder(folder, split)).FirstOrDefault(folder => folder is not null) is { } cases
                && Tasks(set, cases) is { Count: > 0 } found)
            {
                return found;
            }
        }

        return [];
    }

    private static List<QubiqTask> Tasks(string set, string folder)
    {
        var counts = new SortedDictionary<int, Dictionary<int, int>>();
        var images = new List<string>();
        foreach (string caseFolder in QubiqLayout.CaseFolders(folder))
        {
            QubiqCaseFolder files = QubiqCaseFolder.Read(caseFolder);
            if (files.Image is not null && images.Count < ImagesTried)
            {
                images.Add(files.Image);
            }

            foreach (int task in files.Tasks)
            {
                if (!counts.TryGetValue(task, out Dictionary<int, int>? casesOf))
                {
                    counts.Add(task, casesOf = []);
                }

                int raters = files.Masks(task).Count;
                casesOf[raters] = casesOf.GetValueOrDefault(raters) + 1;
            }
        }

        (int channels, int height, int width) = counts.Count > 0 ? Size(images) : (1, 1, 1);
        return
        [
            .. counts.Select(task => QubiqTask.All.FirstOrDefault(
                known => known.Number == task.Key && known.Folders.Contains(set, StringComparer.OrdinalIgnoreCase))
                ?? new QubiqTask(
                    counts.Count == 1 && task.Key == 1 ? set : string.Create(CultureInfo.InvariantCulture, $"{set}-{task.Key}"),
                    [set],
                    task.Key,
                    task.Value.MaxBy(raters => (raters.Value, raters.Key)).Key,
                    channels,
                    height,
                    width)),
        ];
    }

    private static (int Channels, int Height, int Width) Size(IEnumerable<string> images)
    {
        foreach (string image in images)
        {
            try
            {
                return SliceReader.ReadSize(image);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                // Try the next image.
            }
        }

        return (1, 1, 1);
    }

    /// <summary>0 for the name of the set alone, T for the name followed by -T, null for any other name.</summary>
    private static int? NumberBehind(string set, string wanted)
    {
        if (!wanted.StartsWith(set, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        ReadOnlySpan<char> rest = wanted.AsSpan(set.Length);
        return rest.IsEmpty ? 0
            : rest[0] == '-' && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
                ? number
            : null;
    }
}
