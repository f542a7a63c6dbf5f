using System.Globalization;
using Consensus.ML.Imaging;

namespace Consensus.ML;

/// <summary>One image on disk with the masks that several raters drew on it. Paths may be those of slices in volumes (<see cref="SliceAddress"/>).</summary>
/// <param name="Name">The case's name: its folder, or as a manifest calls it.</param>
/// <param name="ImagePaths">The image: one file, or one a channel in the order of the channels.</param>
/// <param name="AnnotationPaths">One mask file per rater, in the order of the raters.</param>
/// <param name="RaterNames">Who drew each mask: as many different names as there are masks.</param>
public sealed record RaterCase(string Name, IReadOnlyList<string> ImagePaths, IReadOnlyList<string> AnnotationPaths, IReadOnlyList<string> RaterNames)
{
    /// <summary>A case with one image file, whose raters are called 1, 2, 3, …</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="imagePath">The image file.</param>
    /// <param name="annotationPaths">One mask file per rater, in the order of the raters.</param>
    public RaterCase(string name, string imagePath, IReadOnlyList<string> annotationPaths)
        : this(name, [imagePath], annotationPaths, [.. Enumerable.Range(1, annotationPaths.Count).Select(rater => rater.ToString(CultureInfo.InvariantCulture))])
    {
    }

    /// <summary>Why the name of the case or of one of its raters cannot be written into reports, in one sentence; null where all can.</summary>
    internal string? ProblemWithNames() =>
        NameText.Problem(Name) is { } problem ? $"Case '{NameText.Printable(Name)}' has a name that {problem}."
        : RaterNames.FirstOrDefault(rater => NameText.Problem(rater) is not null) is { } rater ? $"Case '{Name}' has a rater '{NameText.Printable(rater)}', whose name {NameText.Problem(rater)}."
        : null;

    /// <summary>
    /// Makes sure that every mask has as many rows and columns as the image, from the headers alone: cheap enough to do for a whole set before training.
    /// </summary>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">A mask is of another size than the image, or a file is no slice; the message names the file and both sizes.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public void CheckSizes()
    {
        (_, int height, int width) = SliceReader.ReadSize(ImagePaths[0]);
        foreach (string path in ImagePaths.Skip(1).Concat(AnnotationPaths))
        {
            (_, int otherHeight, int otherWidth) = SliceReader.ReadSize(path);
            if (otherHeight != height || otherWidth != width)
            {
                throw new InvalidDataException($"'{path}' has {otherHeight}×{otherWidth} pixels, but its image '{ImagePaths[0]}' has {height}×{width}: both must be of one size.");
            }
        }
    }
}
