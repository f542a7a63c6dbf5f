using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Datasets;

/// <summary>
/// A manifest made from the files of a folder. Only the names of the files are used. The first image alone is opened, to find out whether
/// images are volumes.
/// </summary>
/// <param name="Manifest">The manifest; paths are relative to the folder.</param>
/// <param name="Warnings">One line for each kind of file or case that was left out.</param>
public sealed record ManifestDraft(DatasetManifest Manifest, IReadOnlyList<string> Warnings)
{
    private const int DeepestFolder = 32;

    /// <summary>
    /// Describes a task of a QUBIQ folder with both its splits, called <c>train</c> and <c>val</c>, and every case that has an image.
    /// </summary>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="task">The task.</param>
    /// <exception cref="DirectoryNotFoundException">
    /// The folder does not exist or holds no such set; the message says what was looked for.
    /// </exception>
    /// <exception cref="InvalidDataException">The set is there, but no case of it has an image.</exception>
    public static ManifestDraft FromQubiq(string root, QubiqTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        QubiqDataset.EnsureFolder(root);
        var warnings = new List<string>();
        var cases = new List<DatasetCase>();
        foreach ((QubiqSplit split, string name) in ((QubiqSplit, string)[])[(QubiqSplit.Train, "train"), (QubiqSplit.Validation, "val")])
        {
            foreach (string folder in QubiqLayout.SplitFolders(root, task.Folders, split).Take(1).SelectMany(QubiqLayout.CaseFolders))
            {
                QubiqCaseFolder files = QubiqCaseFolder.Read(folder, task.Number);
                warnings.AddRange(files.Twins);
                if (files.Image is null)
                {
                    warnings.Add(QubiqDataset.WithoutImage(folder));
                    continue;
                }

                cases.Add(new(
                    Path.GetFileName(folder),
                    [Relative(root, files.Image)],
                    files.Masks(task.Number).ToDictionary(
                        mask => mask.Key.ToString(CultureInfo.InvariantCulture),
                        mask => Relative(root, mask.Value),
                        StringComparer.Ordinal),
                    name));
            }
        }

        if (cases.Count == 0)
        {
            // Throws an exception that says what was looked for, and where.
            _ = QubiqDataset.List(root, task, QubiqSplit.Train);
        }

        return Draft(root, task.Name, [], cases, task.Raters, warnings);
    }

    /// <summary>
    /// Describes a set by the patterns of its files' paths relative to a folder, for example <c>images/{case}.png</c> and
    /// <c>masks/{case}_{rater}.png</c>. <c>{case}</c> and <c>{rater}</c> are needed. Allowed are <c>{split}</c>, <c>{group}</c> or
    /// <c>{patient}</c> (the group of a case) and, for images, <c>{channel}</c>. Each stands for a part of the name of a file or folder.
    /// <c>*</c> stands for any characters of such a name, <c>**</c> for any folders.
    /// </summary>
    /// <remarks>
    /// A file that fits both patterns is a mask if its case has an image. A complete case has as many raters as most cases have. Where
    /// cases of several groups have the same name, the name of the group and <c>_</c> are put before the name of each case.
    /// </remarks>
    /// <param name="root">The folder; links in it are followed.</param>
    /// <param name="images">The pattern of the images.</param>
    /// <param name="masks">The pattern of the masks.</param>
    /// <param name="name">The set's name; null for the folder's.</param>
    /// <exception cref="ArgumentException">
    /// A pattern lacks a placeholder or has an unknown placeholder, or cases of several groups have the same name and the masks' pattern
    /// does not give the group.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="InvalidDataException">No file fits the images' pattern, or no mask was found for any image.</exception>
    public static ManifestDraft FromPatterns(string root, string images, string masks, string? name = null)
    {
        QubiqDataset.EnsureFolder(root);
        var imagePattern = new FilePattern(images, ["case"], ["channel", "split", "group", "patient"]);
        var maskPattern = new FilePattern(masks, ["case", "rater"], ["split", "group", "patient"]);
        string? imageGroup = GroupIn(imagePattern, images), maskGroup = GroupIn(maskPattern, masks);
        if (maskGroup is not null && imageGroup is null)
        {
            throw new ArgumentException(
                $"The pattern '{masks}' holds '{{{maskGroup}}}', but that of the images, '{images}', does not: "
                + "it says there which group a case is of.");
        }

        // Hidden files, such as the '._' files that macOS writes, are used only where a pattern names them.
        bool namesHidden = new[] { images, masks }
            .SelectMany(pattern => pattern.Split('/', '\\'))
            .Any(part => part.StartsWith('.') && part is not ("." or ".."));
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = DeepestFolder,
            AttributesToSkip = namesHidden ? FileAttributes.None : FileAttributes.Hidden,
        };
        string[] files = [.. Directory.EnumerateFiles(root, "*", options).Select(file => Relative(root, file))];
        Array.Sort(files, CaseNameComparer.Instance);

        bool bySplit = imagePattern.Has("split") && maskPattern.Has("split");
        var found = new Dictionary<(string Case, string? Split, string? Group), Found>();
        var imageOf = new Dictionary<string, (Found Case, string Channel)>(StringComparer.Ordinal);
        foreach (string file in files)
        {
            if (imagePattern.Read(file).FirstOrDefault() is { } parts)
            {
                (string Case, string? Split, string? Group) key = (
                    parts["case"], parts.GetValueOrDefault("split"), imageGroup is null ? null : parts[imageGroup]);
                if (!found.TryGetValue(key, out Found? one))
                {
                    found.Add(key, one = new(key.Case, key.Split, key.Group));
                }

                string channel = parts.GetValueOrDefault("channel") ?? "";
                one.Images.TryAdd(channel, file);
                imageOf.TryAdd(file, (one, channel));
            }
        }

        if (found.Count == 0)
        {
            throw new InvalidDataException($"'{root}' holds no file '{images}' among its {files.Length} files.");
        }

        // Where cases of several groups have the same name, masks must give the group.
        IGrouping<(string Name, string? Split), Found>? alike = found.Values.GroupBy(one => (one.Name, one.Split))
            .FirstOrDefault(group => group.Skip(1).Any());
        if (alike is not null && maskGroup is null)
        {
            throw new ArgumentException(
                $"The pattern '{masks}' lacks '{{{imageGroup}}}': there is a case '{alike.Key.Name}' in several groups "
                + $"({string.Join(", ", alike.Select(one => one.Group).Take(3))}), and its masks must say of which they are.");
        }

        ILookup<string, Found> byName = found.Values.ToLookup(one => one.Name, StringComparer.Ordinal);
        var warnings = new List<string>();
        var strays = new List<string>();
        foreach (string file in files)
        {
            bool isMask = false, fits = false;
            foreach (IReadOnlyDictionary<string, string> parts in maskPattern.Read(file))
            {
                fits = true;
                Found[] owners =
                [
                    .. byName[parts["case"]].Where(one => (!bySplit || one.Split == parts["split"])
                        && (maskGroup is null || one.Group == parts[maskGroup])
                        && one.Images.Values.Any(image => image != file)),
                ];
                foreach (Found one in owners)
                {
                    if (!one.Masks.TryAdd(parts["rater"], file))
                    {
                        warnings.Add(
                            $"'{file}' was left out: '{one.Masks[parts["rater"]]}' is the mask of rater '{parts["rater"]}' already.");
                    }
                }

                isMask = owners.Length > 0;
                if (isMask)
                {
                    break;
                }
            }

            if (isMask && imageOf.TryGetValue(file, out (Found Case, string Channel) image))
            {
                image.Case.Images.Remove(image.Channel);
            }
            else if (fits && !isMask && !imageOf.ContainsKey(file))
            {
                strays.Add(file);
            }
        }

        string[] channels =
        [
            .. found.Values.SelectMany(one => one.Images.Keys).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance),
        ];
        Found[] whole = [.. found.Values.Where(one => one.Images.Count == channels.Length)];
        warnings.AddRange(found.Values.Where(one => one.Images.Count > 0 && one.Images.Count < channels.Length)
            .Select(one =>
                $"Case '{one.Name}' was left out: it has no image of channel {string.Join(", ", channels.Except(one.Images.Keys))}."));
        Summarize(strays, "fit the masks' pattern, but there is no image of their case", warnings);
        Summarize([.. whole.Where(one => one.Masks.Count == 0).Select(one => one.Name)], "have no mask", warnings);
        if (whole.All(one => one.Masks.Count == 0))
        {
            throw new InvalidDataException(
                $"'{root}' holds no mask '{masks}' of any of its {whole.Length} images "
                + $"'{images}'.{(strays.Count > 0 ? $" {warnings[0]}" : "")}");
        }

        int raters = whole.GroupBy(one => one.Masks.Count).Where(group => group.Key > 0).MaxBy(group => (group.Count(), group.Key))!.Key;
        DatasetCase[] cases =
        [
            .. whole.Select(one => new DatasetCase(
                    alike is null ? one.Name : $"{one.Group}_{one.Name}", [.. channels.Select(channel => one.Images[channel])], one.Masks,
                    one.Split, Group: one.Group))
                .OrderBy(one => one.Split ?? "", CaseNameComparer.Instance).ThenBy(one => one.Name, CaseNameComparer.Instance),
        ];
        return Draft(
            root, name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))),
            imagePattern.Has("channel") ? channels : [], cases, raters, warnings);
    }

    /// <summary>
    /// Puts a random share of the cases in split <c>val</c> and the others in <c>train</c>. Cases of one group stay together.
    /// </summary>
    /// <param name="fraction">
    /// The share of the cases in <c>val</c>, above 0 and below 1. Each split gets at least one group. A group that is larger than the rest
    /// of the share is not taken, so the result may be smaller than the share. If every group is larger than the share, the smallest group
    /// is taken.
    /// </param>
    /// <param name="seed">The same seed chooses the same cases.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of range.</exception>
    /// <exception cref="InvalidOperationException">The set is split already, or has a single case or group.</exception>
    public ManifestDraft WithValidation(double fraction, int seed = 0)
    {
        if (fraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The share of validation cases must be above 0 and below 1.");
        }

        int count = Manifest.Cases.Count;
        if (Manifest.Splits.Count > 0 || count < 2)
        {
            throw new InvalidOperationException(
                count < 2 ? "A single case cannot be split." : $"The set is split already, into {string.Join(" and ", Manifest.Splits)}.");
        }

        bool[] aside = CaseFolds.SetAside(
            [.. Manifest.Cases.Select(GroupOf)], Math.Clamp((int)Math.Round(fraction * count), 1, count - 1), new Random(seed));
        return aside.Contains(true)
            ? this with
            {
                Manifest = Manifest with
                {
                    Cases = [.. Manifest.Cases.Select((one, i) => one with { Split = aside[i] ? "val" : "train" })],
                },
            }
            : throw new InvalidOperationException(
                $"All {count} cases are of the group '{GroupOf(Manifest.Cases[0])}', which cannot be split.");

        static string GroupOf(DatasetCase one) => one.Group ?? SliceAddress.VolumeOf(one.Image) ?? one.Name;
    }

    /// <summary>The placeholder that a pattern uses for the group; null where it has none.</summary>
    private static string? GroupIn(FilePattern pattern, string text) => (pattern.Has("group"), pattern.Has("patient")) switch
    {
        (true, true) => throw new ArgumentException(
            $"The pattern '{text}' holds '{{group}}' and '{{patient}}', which mean the same; give one of them."),
        (true, false) => "group",
        (false, true) => "patient",
        _ => null,
    };

    private static ManifestDraft Draft(
        string root,
        string name,
        IReadOnlyList<string> channels,
        IReadOnlyList<DatasetCase> cases,
        int levels,
        List<string> warnings)
    {
        string[] raters = [.. cases.SelectMany(one => one.Masks.Keys).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance)];
        if (raters.Length == 0)
        {
            throw new InvalidDataException($"'{root}' holds no mask of {name}.");
        }

        int odd = cases.Count(one => one.Masks.Count != levels);
        if (odd > 0)
        {
            warnings.Add(
                $"{odd} of {cases.Count} cases have another number of raters than {levels}, and are left out of training unless the "
                + "manifest says \"missingRaters\": \"fraction\".");
        }

        VolumeSlicing? volume = IsVolume(Path.Combine(root, cases[0].Image[0])) ? new() : null;
        return new(
            new()
            {
                Folder = root,
                Name = name,
                Channels = channels,
                Raters = raters,
                Levels = Math.Min(levels, raters.Length),
                Volume = volume,
                Cases = cases,
            },
            warnings);
    }

    /// <summary>Whether an image is a volume. Pictures are not. A file that cannot be read is left to the check of the set.</summary>
    private static bool IsVolume(string image)
    {
        try
        {
            return NiftiFile.ReadHeader(image).IsVolume;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            return false;
        }
    }

    private static void Summarize(List<string> names, string what, List<string> warnings)
    {
        if (names.Count > 0)
        {
            warnings.Add($"{names.Count} {what}; the first: '{names[0]}'.");
        }
    }

    private static string Relative(string root, string path)
    {
        string relative = Path.GetRelativePath(root, path);
        return Path.DirectorySeparatorChar == '/' ? relative : relative.Replace(Path.DirectorySeparatorChar, '/');
    }

    private sealed class Found(string name, string? split, string? group)
    {
        public string Name { get; } = name;

        public string? Split { get; } = split;

        public string? Group { get; } = group;

        public Dictionary<string, string> Images { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Masks { get; } = new(StringComparer.Ordinal);
    }
}
