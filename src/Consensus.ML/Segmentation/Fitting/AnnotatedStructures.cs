using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Metrics;
using Consensus.ML.Options;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>The columns with the masks of each structure, and the masks of a row in the order of the structures.</summary>
internal sealed class AnnotatedStructures
{
    private readonly Structure[] _structures;

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public AnnotatedStructures(DataViewSchema schema, IFitOptions options) =>
        _structures = [.. (options.Structures is [] ? [""] : options.Structures).Select(name => Find(schema, options, name))];

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns =>
        _structures.SelectMany(structure => new[] { structure.Masks, structure.RaterNames }).OfType<DataViewSchema.Column>();

    /// <summary>A getter of a row's masks. Its argument is the name of the row's case, for messages.</summary>
    /// <param name="row">The row.</param>
    /// <param name="volumes">Keeps the volumes of the masks open for the next row.</param>
    /// <param name="grid">A getter of the image's grid.</param>
    /// <param name="notes">Receives notes about masks that are turned, and about assumed positions.</param>
    public Func<string, RowMasks> Getter(DataViewRow row, OpenVolumes volumes, Func<SliceGrid?> grid, GridNotes notes)
    {
        (Structure Of, Func<Annotation?> Masks, Func<int, string[]> Names)[] getters =
        [
            .. _structures.Select(structure => (
                structure, row.AnnotationGetter(structure.Masks, volumes.ForList(_structures.Length), grid, notes),
                RaterNamesColumn.Getter(row, structure.RaterNames))),
        ];
        return name =>
        {
            var drawn = new List<Annotation>();
            var names = new List<string[]>();
            foreach ((Structure structure, Func<Annotation?> masks, Func<int, string[]> raters) in getters)
            {
                Annotation? annotation = masks();
                names.Add(annotation is null ? [] : Named(name, structure, raters(annotation.Masks.Raters), annotation.Masks.Raters));
                if (annotation is not null)
                {
                    drawn.Add(annotation);
                }
            }

            return drawn.Count == 0
                ? throw new InvalidDataException(
                    $"{name} has no annotations in column {string.Join(" or ", _structures.Select(one => $"'{one.Masks.Name}'"))}; "
                    + "it must have one mask a rater.")
                : new(Stacked(name, drawn), drawn[0].Source, names);
        };
    }

    private static Structure Find(DataViewSchema schema, IFitOptions options, string name)
    {
        DataViewSchema.Column masks = schema.RequireAnnotations(SegmentedStructure.Column(options.AnnotationsColumnName, name));
        string raters = SegmentedStructure.Column(options.RaterNamesColumnName, name);
        if (options.NamedRaters && schema.GetColumnOrNull(raters) is null)
        {
            throw new ArgumentException(
                $"Column '{raters}' is missing: to draw the masks of named raters ({nameof(options.NamedRaters)}), training must know who "
                + "drew each mask. It must be a vector of Text with a name for each mask, as LoadFromCases gives it.");
        }

        return new(
            masks, options.NamedRaters || options.RaterLevelSource is not null ? RaterNamesColumn.FindByName(schema, raters) : null);
    }

    private static string[] Named(string name, Structure structure, string[] raters, int masks) =>
        CaseAgreement.ProblemWith(raters, masks) is { } problem
            ? throw new InvalidDataException($"{name} has {problem} in column '{structure.RaterNames?.Name}'.")
            : raters;

    /// <summary>The masks of all structures one after the other.</summary>
    private static RaterMasks Stacked(string name, List<Annotation> drawn)
    {
        RaterMasks first = drawn[0].Masks;
        return drawn.Count == 1
            ? first
            : drawn.FirstOrDefault(other => (other.Masks.Height, other.Masks.Width) != (first.Height, first.Width)) is { } odd
                ? throw new InvalidDataException(
                    $"{name}: the masks of one structure are {first.Height}×{first.Width} pixels (height × width), and those of another "
                    + $"{odd.Masks.Height}×{odd.Masks.Width}; all must be of one size.")
                : new(
                    drawn.Sum(one => one.Masks.Raters), first.Height, first.Width, [.. drawn.SelectMany(one => one.Masks.Pixels)]);
    }

    /// <summary>The masks of a row.</summary>
    /// <param name="Masks">The masks of all structures one after the other, at their own size.</param>
    /// <param name="Source">The file of the first mask, for messages; null when it came from memory.</param>
    /// <param name="Names">For each structure the names of its masks' raters; empty where nobody drew it.</param>
    public sealed record RowMasks(RaterMasks Masks, string? Source, IReadOnlyList<string[]> Names);

    private sealed record Structure(DataViewSchema.Column Masks, DataViewSchema.Column? RaterNames);
}
