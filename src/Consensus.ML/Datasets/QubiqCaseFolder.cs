using System.Globalization;
using System.Text.RegularExpressions;

namespace Consensus.ML;

/// <summary>What a case's folder holds, by the names of its files alone.</summary>
internal sealed partial class QubiqCaseFolder
{
    private readonly SortedDictionary<int, SortedDictionary<int, string>> _masks = [];
    private readonly List<string> _twins = [];

    private QubiqCaseFolder(string folder, int? only)
    {
        Folder = folder;
        string[] files = [.. Directory.EnumerateFiles(folder)];

        // The order of a disk is none: with it fixed, 'x.nii' comes before 'x.nii.gz' and so the latter stays.
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = Path.GetFileName(file);
            if (ImageName().IsMatch(name))
            {
                NoteTwin(Image, file);
                Image = file;
            }
            else if (MaskName().Match(name) is { Success: true } match && ParseNumber(match.Groups[1]) is { } task && (only ?? task) == task && ParseNumber(match.Groups[2]) is { } rater)
            {
                if (!_masks.TryGetValue(task, out SortedDictionary<int, string>? masks))
                {
                    _masks.Add(task, masks = []);
                }

                NoteTwin(masks.GetValueOrDefault(rater), file);
                masks[rater] = file;
            }
        }
    }

    public string Folder { get; }

    /// <summary>The image; null where there is none.</summary>
    public string? Image { get; }

    /// <summary>The numbers of the tasks that there are masks of.</summary>
    public IEnumerable<int> Tasks => _masks.Keys.Where(number => number > 0);

    /// <summary>One line for each file that another one stands for.</summary>
    public IReadOnlyList<string> Twins => _twins;

    /// <param name="folder">The case's folder.</param>
    /// <param name="only">The number of the only task whose masks are wanted; null for all.</param>
    public static QubiqCaseFolder Read(string folder, int? only = null) => new(folder, only);

    /// <summary>The masks of a task by the number of the rater, in the order of the numbers.</summary>
    public IReadOnlyDictionary<int, string> Masks(int task) => _masks.TryGetValue(task, out SortedDictionary<int, string>? masks) ? masks : new SortedDictionary<int, string>();

    private static int? ParseNumber(Group group)
        => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private void NoteTwin(string? first, string second)
    {
        if (first is not null)
        {
            _twins.Add($"'{first}' was left out: '{second}' stands for the same image.");
        }
    }

    [GeneratedRegex(@"^image\.nii(\.gz)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^task([0-9]+)_seg([0-9]+)\.nii(\.gz)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MaskName();
}
