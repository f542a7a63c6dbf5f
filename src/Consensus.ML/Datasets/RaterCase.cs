namespace Consensus.ML;

/// <summary>One image on disk with the masks that several raters drew on it.</summary>
/// <param name="Name">The case's name: its folder.</param>
/// <param name="ImagePath">The image file.</param>
/// <param name="AnnotationPaths">One mask file per rater, in the order of the raters.</param>
public sealed record RaterCase(string Name, string ImagePath, IReadOnlyList<string> AnnotationPaths);
