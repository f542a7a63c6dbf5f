using Consensus.Imaging;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Prediction;

/// <summary>
/// Refuses a slice that lies along another axis than the training slices. The model has never seen such a slice.
/// </summary>
internal sealed class SliceAxisGuard
{
    private readonly IReadOnlyList<int> _axes;
    private readonly DataViewSchema.Column? _column;

    private SliceAxisGuard(IReadOnlyList<int> axes, DataViewSchema.Column? column)
    {
        _axes = axes;
        _column = column;
    }

    /// <summary>The columns that it reads.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => _column is { } column ? [column] : [];

    /// <summary>Makes the guard for data of a schema, with the column that says how slices were cut.</summary>
    /// <param name="schema">The schema of the data to predict.</param>
    /// <param name="axes">The axes of the training slices; empty to check nothing.</param>
    public static SliceAxisGuard ForSchema(DataViewSchema schema, IReadOnlyList<int> axes) =>
        new(axes, axes.Count == 0 ? null : ImageColumn(schema));

    /// <summary>Axes in words: axis 0, axes 0 and 2.</summary>
    public static string Describe(IReadOnlyList<int> axes) => axes.Count == 1
        ? $"axis {axes[0]}"
        : $"axes {string.Join(", ", axes.SkipLast(1))} and {axes[^1]}";

    /// <summary>An action that checks the current row.</summary>
    public Action Checker(DataViewRow row)
    {
        if (_column is not { } known)
        {
            return () => { };
        }

        if (known.Type is SliceDataViewType)
        {
            Func<Slice> getter = row.SliceGetter(known);
            return () =>
            {
                Slice slice = getter();
                Check(slice.Axis, slice.Name());
            };
        }

        Func<string[]> paths = PathsColumn.Getter(row, known);
        return () =>
        {
            if (paths() is [{ Length: > 0 } path, ..])
            {
                Check(SliceAddress.Parse(path).Axis, $"'{path}'");
            }
        };
    }

    private static DataViewSchema.Column? ImageColumn(DataViewSchema schema)
    {
        DataViewSchema.Column[] slices = [.. schema.Where(column => !column.IsHidden && column.Type is SliceDataViewType)];
        return slices.Length == 1 ? slices[0]
            : slices.FirstOrDefault(column => column.Name == "Image") is { Name: not null } image ? image
            : PathsColumn.FindImagePath(schema);
    }

    private void Check(int? axis, string name)
    {
        if (axis is { } along && !_axes.Contains(along))
        {
            throw new InvalidDataException(
                $"{name} is a slice along axis {along}, but the model was trained on slices along "
                + $"{Describe(_axes)} of their volumes.");
        }
    }
}
