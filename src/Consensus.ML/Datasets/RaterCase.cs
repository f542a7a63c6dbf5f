using Consensus.ML.Imaging;

namespace Consensus.ML;

/// <summary>One image on disk with the masks that several raters drew on it.</summary>
/// <param name="Name">The case's name: its folder.</param>
/// <param name="ImagePath">The image file.</param>
/// <param name="AnnotationPaths">One mask file per rater, in the order of the raters.</param>
public sealed record RaterCase(string Name, string ImagePath, IReadOnlyList<string> AnnotationPaths)
{
    /// <summary>
    /// Makes sure that every mask has as many rows and columns as the image, from the headers alone: cheap enough to do for a whole set before training.
    /// </summary>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">A mask is of another size than the image, or a file is no slice; the message names the file and both sizes.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public void CheckSizes()
    {
        (_, int height, int width) = SliceReader.ReadSize(ImagePath);
        foreach (string path in AnnotationPaths)
        {
            (_, int maskHeight, int maskWidth) = SliceReader.ReadSize(path);
            if (maskHeight != height || maskWidth != width)
            {
                throw new InvalidDataException($"'{path}' has {maskHeight}×{maskWidth} pixels, but its image '{ImagePath}' has {height}×{width}: masks must have the size of their image.");
            }
        }
    }
}
