using Consensus.ML.Options;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The files of the result of a case. Of a model of several structures, the name of the structure follows that of the case.
/// </summary>
internal static class PredictionFiles
{
    private static readonly IReadOnlyList<SegmentedStructure> One = [new("", 1, [])];

    /// <summary>The picture of the result. It is written last.</summary>
    public static string Picture(string folder, string name) => Path.Combine(folder, $"{name}.png");

    /// <summary>The picture of what the named raters would draw.</summary>
    public static string PictureOfRaters(string folder, string name) => Path.Combine(folder, $"{name}_raters.png");

    /// <summary>The name that the files of a structure begin with.</summary>
    public static string NameOf(string name, SegmentedStructure structure) =>
        structure.Name.Length == 0 ? name : $"{name}_{structure.Name}";

    /// <summary>The name of the file of a rater's mask, without its ending.</summary>
    public static string NameOfRater(string name, SegmentedStructure structure, string rater) =>
        $"{NameOf(name, structure)}_rater_{rater}";

    /// <summary>Every file that the result may have. Which map is written depends on the image.</summary>
    /// <param name="folder">The folder of the results.</param>
    /// <param name="name">The name of the case.</param>
    /// <param name="structures">The structures of the model; null for one without named raters.</param>
    public static string[] Possible(string folder, string name, IReadOnlyList<SegmentedStructure>? structures = null) =>
        [.. (structures ?? One).SelectMany(structure => FilesOf(folder, name, structure).SelectMany(file => file))];

    /// <summary>
    /// The files of a finished result; null if one is missing. Files are renamed to their names when they are whole, so a file that is
    /// there is complete. The image is not opened.
    /// </summary>
    public static string[]? Finished(string folder, string name, IReadOnlyList<SegmentedStructure>? structures = null)
    {
        string?[] there =
        [
            .. (structures ?? One).SelectMany(structure => FilesOf(folder, name, structure)
                .Select(choice => choice.FirstOrDefault(File.Exists))),
        ];
        return there.Contains(null) ? null : [.. there.OfType<string>()];
    }

    /// <summary>The files of a structure; of a map, the two files of which one is written.</summary>
    private static IEnumerable<string[]> FilesOf(string folder, string name, SegmentedStructure structure)
    {
        string prefix = NameOf(name, structure);
        (string nifti, string tiff) = MapFile.PossiblePaths(folder, $"{prefix}{MapFile.Soft}");
        yield return [nifti, tiff];
        foreach (string rater in structure.Raters)
        {
            (nifti, tiff) = MapFile.PossiblePaths(folder, NameOfRater(name, structure, rater));
            yield return [nifti, tiff];
        }

        if (structure.Raters.Count > 0)
        {
            yield return [PictureOfRaters(folder, prefix)];
        }

        yield return [Picture(folder, prefix)];
    }
}
