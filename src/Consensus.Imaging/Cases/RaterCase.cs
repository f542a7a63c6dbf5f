using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Cases;

/// <summary>
/// One image on disk with the masks that several raters drew on it. A path may also name a slice of a volume (<see cref="SliceAddress"/>).
/// </summary>
/// <param name="Name">The case's name: the name of its folder, or its name in a manifest.</param>
/// <param name="ImagePaths">The image: one file, or one file per channel in the order of the channels.</param>
/// <param name="AnnotationPaths">One mask file per rater, in the order of the raters.</param>
/// <param name="RaterNames">The name of each mask's rater. There are as many names as masks, and no two are equal.</param>
public sealed record RaterCase(
    string Name,
    IReadOnlyList<string> ImagePaths,
    IReadOnlyList<string> AnnotationPaths,
    IReadOnlyList<string> RaterNames)
{
    private readonly string? _group;

    /// <summary>A case with one image file, whose raters are called 1, 2, 3, …</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="imagePath">The image file.</param>
    /// <param name="annotationPaths">One mask file per rater, in the order of the raters.</param>
    public RaterCase(string name, string imagePath, IReadOnlyList<string> annotationPaths)
        : this(name, [imagePath], annotationPaths, [
            .. Enumerable.Range(1, annotationPaths.Count).Select(rater => rater.ToString(CultureInfo.InvariantCulture)),
        ])
    {
    }

    /// <summary>
    /// Says in one sentence why the name of the case, of its group or of one of its raters cannot be written into reports. Null if all
    /// names can be written (<see cref="NameText"/>).
    /// </summary>
    public string? ProblemWithNames() =>
        NameText.Problem(Name) is { } problem ? $"Case '{NameText.Printable(Name)}' has a name that {problem}."
        : RaterNames.FirstOrDefault(rater => NameText.Problem(rater) is not null) is { } rater
            ? $"Case '{Name}' has a rater '{NameText.Printable(rater)}', whose name {NameText.Problem(rater)}."
        : _group is not null && NameText.Problem(_group) is { } unfit
            ? $"Case '{Name}' is of a group '{NameText.Printable(_group)}', whose name {unfit}."
        : null;

    /// <summary>
    /// The group of the case, such as its patient. Cases of one group are not independent: splits, folds, intervals and tests keep them
    /// together. By default the group of a slice is the path of its volume, and the group of any other case is its own name. Null and empty
    /// text restore the default.
    /// </summary>
    [AllowNull]
    public string Group
    {
        get => SharedGroup ?? Name;
        init => _group = string.IsNullOrWhiteSpace(value) ? null : value;
    }

    /// <summary>
    /// Whether the group is only the name of the case, by default. A case of another split may then have the same name without belonging
    /// to the same group.
    /// </summary>
    public bool IsOwnGroup => SharedGroup is null;

    /// <summary>The group that was set. Null if none was set; then <see cref="Group"/> is the volume or the case's own name.</summary>
    public string? GivenGroup => _group;

    private string? SharedGroup => _group ?? SliceAddress.VolumeOf(ImagePaths);

    /// <summary>
    /// Makes sure that all files lie on the grid of the image's first file. Only headers are read, so a whole set can be checked quickly.
    /// </summary>
    /// <returns>
    /// A line for the files that are turned into the image's frame when the case is read, and a line for the files whose position is
    /// assumed.
    /// </returns>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file differs from the image in size, spacing or position, or is not a slice. The message names both files and the difference.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public IReadOnlyList<string> CheckGrids()
    {
        var lines = new List<string>();
        var grid = SliceGrid.Read(ImagePaths[0], new GridNotes(lines.Add));
        foreach (string path in ImagePaths.Skip(1).Concat(AnnotationPaths))
        {
            grid.Check(path);
        }

        return lines;
    }

    /// <summary>Reads the image with all its channels, in the frame of the first file.</summary>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">See <see cref="SliceReader.Read(IReadOnlyList{string})"/>.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public Slice ReadImage() => SliceReader.Read(ImagePaths);

    /// <summary>Reads the masks in the frame of the image.</summary>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">See <see cref="MaskReader.Read(IReadOnlyList{string}, string)"/>.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public RaterMasks ReadMasks() => MaskReader.Read(AnnotationPaths, ImagePaths[0]);
}
