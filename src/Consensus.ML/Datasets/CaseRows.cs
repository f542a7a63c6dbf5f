using Microsoft.ML;

namespace Consensus.ML;

/// <summary>Cases on disk as the rows of a data view; files are not read here.</summary>
internal static class CaseRows
{
    /// <summary>
    /// Columns: Case (Text), ImagePath (Text, or a vector of Text where a case has several files, one a channel), AnnotationPaths (vector of Text, one path a
    /// rater) and RaterNames (vector of Text, who drew each).
    /// </summary>
    public static IDataView Load(DataOperationsCatalog catalog, IReadOnlyList<RaterCase> cases) => cases.Any(one => one.ImagePaths.Count != 1)
        ? catalog.LoadFromEnumerable(cases.Select(one => new ManyFiles
        {
            Case = one.Name,
            ImagePath = [.. one.ImagePaths],
            AnnotationPaths = [.. one.AnnotationPaths],
            RaterNames = [.. one.RaterNames],
        }).ToArray())
        : catalog.LoadFromEnumerable(cases.Select(one => new OneFile
        {
            Case = one.Name,
            ImagePath = one.ImagePaths[0],
            AnnotationPaths = [.. one.AnnotationPaths],
            RaterNames = [.. one.RaterNames],
        }).ToArray());

    private sealed class OneFile
    {
        public string Case { get; set; } = "";

        public string ImagePath { get; set; } = "";

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];
    }

    private sealed class ManyFiles
    {
        public string Case { get; set; } = "";

        public string[] ImagePath { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];
    }
}
