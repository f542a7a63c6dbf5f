using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Microsoft.ML;

namespace Consensus.ML.Datasets;

/// <summary>Cases on disk as the rows of a data view; files are not read here.</summary>
internal static class CaseRows
{
    /// <summary>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has several
    /// files, one for each channel), AnnotationPaths (vector of Text, one path for each rater) and RaterNames (vector of Text, the rater of
    /// each mask).
    /// </summary>
    /// <exception cref="InvalidDataException">The name of a case or of a rater cannot be written; the message shows it.</exception>
    public static IDataView Load(DataOperationsCatalog catalog, IReadOnlyList<RaterCase> cases)
    {
        if (cases.Select(one => one.ProblemWithNames()).OfType<string>().FirstOrDefault() is { } problem)
        {
            throw new InvalidDataException(problem);
        }

        return Rows(catalog, cases);
    }

    private static IDataView Rows(DataOperationsCatalog catalog, IReadOnlyList<RaterCase> cases) => cases.Any(
        one => one.ImagePaths.Count != 1)
        ? catalog.LoadFromEnumerable(cases.Select(one => new ManyFiles
        {
            Case = one.Name,
            Group = one.Group,
            ImagePath = [.. one.ImagePaths],
            AnnotationPaths = [.. one.AnnotationPaths],
            RaterNames = [.. one.RaterNames],
        }).ToArray())
        : catalog.LoadFromEnumerable(cases.Select(one => new OneFile
        {
            Case = one.Name,
            Group = one.Group,
            ImagePath = one.ImagePaths[0],
            AnnotationPaths = [.. one.AnnotationPaths],
            RaterNames = [.. one.RaterNames],
        }).ToArray());

    /// <summary>
    /// Slices of a volume. Columns: Case (Text, the file's name and the slice's number), Group (Text, the volume's path)
    /// and ImagePath (Text).
    /// </summary>
    public static IDataView Load(DataOperationsCatalog catalog, IReadOnlyList<SliceAddress> slices) =>
        catalog.LoadFromEnumerable(slices.Select(slice => new OneSlice
        {
            Case = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(slice.Path)} {slice.Index:000}"),
            Group = slice.Path,
            ImagePath = slice.ToString(),
        }).ToArray());

    private sealed class OneSlice
    {
        public string Case { get; set; } = "";

        public string Group { get; set; } = "";

        public string ImagePath { get; set; } = "";
    }

    private sealed class OneFile
    {
        public string Case { get; set; } = "";

        public string Group { get; set; } = "";

        public string ImagePath { get; set; } = "";

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];
    }

    private sealed class ManyFiles
    {
        public string Case { get; set; } = "";

        public string Group { get; set; } = "";

        public string[] ImagePath { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];
    }
}
