using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Datasets;

/// <summary>Cases as the rows of a data view: cases on disk, whose files are not read here, and cases in memory.</summary>
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

    /// <summary>
    /// Cases in memory. Columns: Case (Text), Group (Text), Image (Slice), AnnotationPaths (RaterMasks) and RaterNames (vector of Text).
    /// </summary>
    /// <exception cref="InvalidDataException">A name cannot be written, or the number of names is wrong; the message shows it.</exception>
    public static IDataView Load(DataOperationsCatalog catalog, IReadOnlyList<SliceCase> cases)
    {
        if (cases.Select(item => item.Problem()).OfType<string>().FirstOrDefault() is { } problem)
        {
            throw new InvalidDataException(problem);
        }

        return catalog.LoadFromEnumerable(cases.Select(item => new InMemory
        {
            Case = item.Name,
            Group = item.Group,
            Image = item.Image,
            AnnotationPaths = item.Masks,
            RaterNames = [.. item.RaterNames],
        }).ToArray());
    }

    /// <summary>
    /// Slices in memory, read again for each pass over the rows. Columns: Case (Text, the number of the slice from 000) and Image (Slice).
    /// </summary>
    public static IDataView Load(DataOperationsCatalog catalog, IEnumerable<Slice> slices) =>
        catalog.LoadFromEnumerable(slices.Select((slice, index) => new ImageInMemory
        {
            Case = string.Create(CultureInfo.InvariantCulture, $"{index:000}"),
            Image = slice,
        }));

    private sealed class ImageInMemory
    {
        public string Case { get; set; } = "";

        [SliceType]
        public Slice? Image { get; set; }
    }

    private sealed class InMemory
    {
        public string Case { get; set; } = "";

        public string Group { get; set; } = "";

        [SliceType]
        public Slice? Image { get; set; }

        // Estimators look for masks in a column of this name, whatever form they have.
        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }

        public string[] RaterNames { get; set; } = [];
    }

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
