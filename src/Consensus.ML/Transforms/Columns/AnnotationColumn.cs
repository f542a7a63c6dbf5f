using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>The masks of one row and their source.</summary>
/// <param name="Masks">The masks at their own size.</param>
/// <param name="Source">The first mask's file, for messages; null when they came from memory.</param>
internal sealed record Annotation(RaterMasks Masks, string? Source);

/// <summary>
/// The label column in any of its three forms: paths of mask files, masks in memory, or a vector raters × height × width.
/// </summary>
internal static class AnnotationColumn
{
    public const string Expected = "a vector of Text (the paths of one mask a rater), RaterMasks, or a vector of Single, "
        + "Byte or Boolean of known dimensions raters × height × width";

    /// <exception cref="ArgumentException">The column is missing or has a different type.</exception>
    public static DataViewSchema.Column RequireAnnotations(this DataViewSchema schema, string name) =>
        schema.Require(name, type => type is RaterMasksDataViewType || IsPaths(type) || IsVector(type), Expected);

    /// <exception cref="ArgumentException">The column is missing or has a different type.</exception>
    public static SchemaShape.Column RequireAnnotations(this SchemaShape shape, string name) => shape.Require(
        name,
        column => column.Kind == SchemaShape.Column.VectorKind.Scalar
            ? column.ItemType is RaterMasksDataViewType
            : column.ItemType is TextDataViewType || (column.Kind == SchemaShape.Column.VectorKind.Vector && IsNumber(column.ItemType)),
        Expected);

    /// <summary>A getter of masks. A call reads the files and brings the masks onto the grid of the row's image.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column of the masks.</param>
    /// <param name="volumes">Keeps the volumes of the masks open for the next row. The reader of the rows disposes it at the end.</param>
    /// <param name="grid">A getter of the image's grid (<see cref="GridColumn"/>).</param>
    /// <param name="notes">Receives notes about masks that are turned, and about assumed positions, where the image is not known.</param>
    /// <returns>The getter. It gives null for a row without masks.</returns>
    public static Func<Annotation?> AnnotationGetter(
        this DataViewRow row, DataViewSchema.Column column, OpenVolumes volumes, Func<SliceGrid?> grid, GridNotes notes)
    {
        if (column.Type is RaterMasksDataViewType)
        {
            ValueGetter<RaterMasks> getter = row.GetGetter<RaterMasks>(column);
            return () =>
            {
                RaterMasks? masks = null;
                getter(ref masks!);
                return masks is null ? null : new(masks, null);
            };
        }

        if (IsPaths(column.Type))
        {
            Func<string[]> getter = PathsColumn.Getter(row, column);
            return () =>
            {
                string[] names = getter();
                return names.Length == 0 ? null : new(MaskReader.Read(names, grid(), volumes, notes), names[0]);
            };
        }

        var type = (VectorDataViewType)column.Type;
        return type.ItemType switch
        {
            BooleanDataViewType => VectorGetter<bool>(row, column, type, value => value ? 1 : 0),
            NumberDataViewType number when number == NumberDataViewType.Byte => VectorGetter<byte>(row, column, type, value => value),
            _ => VectorGetter<float>(row, column, type, value => value),
        };
    }

    private static Func<Annotation?> VectorGetter<T>(
        DataViewRow row,
        DataViewSchema.Column column,
        VectorDataViewType type,
        Converter<T, float> valueOf)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> vector = default;
        return () =>
        {
            getter(ref vector);
            float[] values = Array.ConvertAll(Vectors.ToArray(vector), valueOf);
            var pixels = new byte[values.Length];
            (int raters, int height, int width) = (type.Dimensions[0], type.Dimensions[1], type.Dimensions[2]);
            int size = height * width;
            for (int rater = 0; rater < raters; rater++)
            {
                string source = $"Column '{column.Name}' in row {row.Position}, mask {rater + 1},";
                MaskMarks.MarkNonZero(values.AsSpan(rater * size, size), pixels.AsSpan(rater * size, size), source);
            }

            return new(new RaterMasks(raters, height, width, pixels), null);
        };
    }

    private static bool IsPaths(DataViewType type) => type is VectorDataViewType { ItemType: TextDataViewType };

    private static bool IsVector(DataViewType type) =>
        type is VectorDataViewType { IsKnownSize: true, Dimensions.Length: 3 } vector && IsNumber(vector.ItemType);

    private static bool IsNumber(DataViewType type) =>
        type is BooleanDataViewType || type == NumberDataViewType.Single || type == NumberDataViewType.Byte;
}
