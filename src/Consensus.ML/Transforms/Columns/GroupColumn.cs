using Consensus.Imaging;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// Which rows belong together: those with the same value in the group column; where that is missing or empty, slices of one volume by
/// their paths, and any other row by the name of its case.
/// </summary>
internal sealed class GroupColumn
{
    /// <summary>What loaders call it.</summary>
    public const string DefaultName = "Group";

    private readonly DataViewSchema.Column? _group, _imagePath, _case;

    private GroupColumn(DataViewSchema.Column? group, DataViewSchema.Column? imagePath, DataViewSchema.Column? caseColumn) =>
        (_group, _imagePath, _case) = (group, imagePath, caseColumn);

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => new[] { _group, _imagePath, _case }.OfType<DataViewSchema.Column>();

    /// <summary>Finds the columns.</summary>
    /// <param name="schema">The columns there are.</param>
    /// <param name="name">The group column, which need not be there by its default name; null to go by cases alone.</param>
    /// <param name="caseColumn">The Text column with the names of the cases; null for none.</param>
    /// <param name="imagePath">The column with the paths of the images; looked at where it is there and holds paths.</param>
    /// <exception cref="ArgumentException">A group column that was asked for is missing, or it is of another type.</exception>
    public static GroupColumn FromSchema(
        DataViewSchema schema, string? name, DataViewSchema.Column? caseColumn, string imagePath = "ImagePath")
    {
        if (name is null)
        {
            return new(null, null, caseColumn);
        }

        DataViewSchema.Column? group = name == DefaultName && schema.GetColumnOrNull(name) is null
            ? null
            : schema.Require(
                name,
                type => type is TextDataViewType or NumberDataViewType or KeyDataViewType,
                "Text, a number or a key (what rows belong together)");
        return new(group, schema.GetColumnOrNull(imagePath) is { } paths && PathsColumn.HoldsPaths(paths.Type) ? paths : null, caseColumn);
    }

    /// <summary>A getter of the row's group.</summary>
    public Func<RowGroup> Getter(DataViewRow row)
    {
        Func<string>? group = _group is { } groups ? TextGetter(row, groups) : null,
            name = _case is { } cases ? TextGetter(row, cases) : null;
        Func<string[]>? paths = _imagePath is { } images ? PathsColumn.Getter(row, images) : null;
        return () =>
        {
            string own = name is null ? FormattableString.Invariant($"{row.Position}")
                : name() is { Length: > 0 } text ? text
                : FormattableString.Invariant($"Row {row.Position}");
            string found = group?.Invoke() is { Length: > 0 } given
                ? given
                : (paths is null ? null : SliceAddress.VolumeOf(paths())) ?? own;
            return new(found, IsOwn: found == own);
        };
    }

    /// <summary>A getter of a column's values as text; empty where a key or a number is missing.</summary>
    private static Func<string> TextGetter(DataViewRow row, DataViewSchema.Column column)
    {
        bool isKey = column.Type is KeyDataViewType;
        Func<DataViewRow, DataViewSchema.Column, bool, Func<string>> typed = Typed<int>;
        return (Func<string>)typed.Method.GetGenericMethodDefinition()
            .MakeGenericMethod(column.Type.RawType)
            .Invoke(null, [row, column, isKey])!;

        static Func<string> Typed<T>(DataViewRow row, DataViewSchema.Column column, bool isKey)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            return () =>
            {
                T value = default!;
                getter(ref value);
                string text = FormattableString.Invariant($"{value}");
                return value is float.NaN or double.NaN || (isKey && text == "0") || string.IsNullOrWhiteSpace(text) ? "" : text;
            };
        }
    }

    /// <summary>What a row belongs to.</summary>
    /// <param name="Name">The group's name.</param>
    /// <param name="IsOwn">Whether it is the name of the row's own case, so that another set may have it without meaning the same.</param>
    public readonly record struct RowGroup(string Name, bool IsOwn);
}
