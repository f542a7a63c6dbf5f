using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Cases;

/// <summary>
/// One image on disk with the masks that several raters drew on it. Paths may be those of slices in volumes (<see cref="SliceAddress"/>).
/// </summary>
/// <param name="Name">The case's name: its folder, or as a manifest calls it.</param>
/// <param name="ImagePaths">The image: one file, or one a channel in the order of the channels.</param>
/// <param name="AnnotationPaths">One mask file per rater, in the order of the raters.</param>
/// <param name="RaterNames">Who drew each mask: as many different names as there are masks.</param>
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
    /// Why the name of the case, of its group or of one of its raters cannot be written into reports, in one sentence; null where all can.
    /// </summary>
    internal string? ProblemWithNames() =>
        NameText.Problem(Name) is { } problem ? $"Case '{NameText.Printable(Name)}' has a name that {problem}."
        : RaterNames.FirstOrDefault(rater => NameText.Problem(rater) is not null) is { } rater
            ? $"Case '{Name}' has a rater '{NameText.Printable(rater)}', whose name {NameText.Problem(rater)}."
        : _group is not null && NameText.Problem(_group) is { } unfit
            ? $"Case '{Name}' is of a group '{NameText.Printable(_group)}', whose name {unfit}."
        : null;

    /// <summary>
    /// What the case belongs to and shares with others, such as a patient: cases of one group say the same thing twice, and are kept
    /// together by splits, folds, intervals and tests. Unless it is given, slices of one volume share the volume's path, and any other
    /// case is a group of its own that bears its name. Null and empty text take it back.
    /// </summary>
    [AllowNull]
    public string Group
    {
        get => SharedGroup ?? Name;
        init => _group = string.IsNullOrWhiteSpace(value) ? null : value;
    }

    /// <summary>
    /// Whether nothing says what the case belongs to, so that the group is only its name, which a case of another split may have
    /// without meaning the same.
    /// </summary>
    public bool IsOwnGroup => SharedGroup is null;

    /// <summary>The group as it was given; null where it was not.</summary>
    internal string? GivenGroup => _group;

    private string? SharedGroup => _group ?? SliceAddress.VolumeOf(ImagePaths);

    /// <summary>
    /// Makes sure that all files lie on the grid of the image (its first file), from their headers alone: cheap enough
    /// to do for a whole set.
    /// </summary>
    /// <returns>
    /// What is turned into the image's frame when the case is read, and what is assumed of files that do not say where
    /// they lie, in a line each.
    /// </returns>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is of another size than the image, has another spacing or lies elsewhere, or is no slice; the message names both
    /// files and the difference.
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
    /// <exception cref="InvalidDataException">As of <see cref="SliceReader.Read(IReadOnlyList{string})"/>.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public Slice ReadImage() => SliceReader.Read(ImagePaths);

    /// <summary>Reads the masks in the frame of the image.</summary>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">As of <see cref="MaskReader.Read(IReadOnlyList{string}, string)"/>.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public RaterMasks ReadMasks() => MaskReader.Read(AnnotationPaths, ImagePaths[0]);
}
