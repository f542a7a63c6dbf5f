using System.Globalization;
using System.Text.RegularExpressions;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;

namespace Consensus.ML.Datasets;

/// <summary>The image and the masks in a case's folder, found by the names of the files alone.</summary>
internal sealed partial class QubiqCaseFolder
{
    /// <summary>The allowed names of an image file, for messages.</summary>
    public static string ImageNames { get; } =
        $"'image{ImageFormats.ExtensionsByPrecision[0]}' (or {string.Join(", ", ImageFormats.ExtensionsByPrecision.Skip(1))})";

    private readonly SortedDictionary<int, SortedDictionary<int, string>> _masks = [];
    private readonly List<string> _imageTwins = [];
    private readonly List<string> _maskTwins = [];

    private QubiqCaseFolder(string folder, int? only)
    {
        Folder = folder;
        string[] files = [.. Directory.EnumerateFiles(folder)];

        // The file system gives files in no particular order.
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = NameWithoutExtension(file);
            if (name.Equals("image", StringComparison.OrdinalIgnoreCase))
            {
                Image = Keep(Image, file, _imageTwins);
            }
            else if (MaskName().Match(name) is { Success: true } match
                && ParseNumber(match.Groups[1]) is { } task
                && (only ?? task) == task
                && ParseNumber(match.Groups[2]) is { } rater)
            {
                if (!_masks.TryGetValue(task, out SortedDictionary<int, string>? masks))
                {
                    _masks.Add(task, masks = []);
                }

                masks[rater] = Keep(masks.GetValueOrDefault(rater), file, _maskTwins);
            }
        }
    }

    public string Folder { get; }

    /// <summary>The image; null where there is none.</summary>
    public string? Image { get; }

    /// <summary>The numbers of the tasks that have masks.</summary>
    public IEnumerable<int> Tasks => _masks.Keys.Where(number => number > 0);

    /// <summary>One line for each file that was left out because a different file is used for the same image or mask.</summary>
    public IReadOnlyList<string> Twins => [.. _imageTwins, .. _maskTwins];

    /// <summary>The lines of <see cref="Twins"/> about images.</summary>
    public IReadOnlyList<string> ImageTwins => _imageTwins;

    /// <param name="folder">The case's folder.</param>
    /// <param name="only">The number of the only task whose masks are wanted; null for all.</param>
    public static QubiqCaseFolder Read(string folder, int? only = null) => new(folder, only);

    /// <summary>The masks of a task by the number of the rater, in the order of the numbers.</summary>
    public IReadOnlyDictionary<int, string> Masks(int task) =>
        _masks.TryGetValue(task, out SortedDictionary<int, string>? masks) ? masks : new SortedDictionary<int, string>();

    /// <summary>
    /// The folder as a case: its image and the masks of a task. The number in the name of a mask is the name of its rater.
    /// </summary>
    public RaterCase Case(string name, string image, int task)
    {
        IReadOnlyDictionary<int, string> masks = Masks(task);
        return new(name, [image], [.. masks.Values], [.. masks.Keys.Select(rater => rater.ToString(CultureInfo.InvariantCulture))]);
    }

    private static int? ParseNumber(Group group)
        => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>The better of two files for the same image; the second if both are equally good.</summary>
    private static string Keep(string? first, string second, List<string> twins)
    {
        if (first is null)
        {
            return second;
        }

        (string kept, string other) = Rank(first) < Rank(second) ? (first, second) : (second, first);
        twins.Add($"'{other}' was left out: '{kept}' stands for the same image.");
        return kept;
    }

    /// <summary>The place of a file's extension in the list of extensions that can be read; -1 where it is not in the list.</summary>
    private static int Rank(string file)
    {
        IReadOnlyList<string> extensions = ImageFormats.ExtensionsByPrecision;
        for (int rank = 0; rank < extensions.Count; rank++)
        {
            if (file.EndsWith(extensions[rank], StringComparison.OrdinalIgnoreCase))
            {
                return rank;
            }
        }

        return -1;
    }

    /// <summary>The name of an image file without its extension; empty where the extension is not that of an image.</summary>
    private static string NameWithoutExtension(string file) =>
        Rank(file) is >= 0 and int rank ? Path.GetFileName(file)[..^ImageFormats.ExtensionsByPrecision[rank].Length] : "";

    [GeneratedRegex(@"^task([0-9]+)_seg([0-9]+)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MaskName();
}
