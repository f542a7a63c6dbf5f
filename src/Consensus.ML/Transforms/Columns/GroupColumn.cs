using Consensus.Imaging;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// Says which rows belong together: rows with the same value in the group column. Where that column is missing or empty, slices of one
/// volume belong together by their paths, and other rows by the name of their case.
/// </summary>
internal sealed class GroupColumn
{
    /// <summary>The name that loaders give the column.</summary>
    public const string DefaultName = "Group";

    private readonly DataViewSchema.Column? _group, _imagePath, _case;

    private GroupColumn(DataViewSchema.Column? group, DataViewSchema.Column? imagePath, DataViewSchema.Column? caseColumn) =>
        (_group, _imagePath, _case) = (group, imagePath, caseColumn);

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => new[] { _group, _imagePath, _case }.OfType<DataViewSchema.Column>();

    /// <summary>Finds the columns.</summary>
    /// <param name="schema">The schema of the data.</param>
    /// <param name="name">The group column. A column of the default name may be missing. Null to group by cases alone.</param>
    /// <param name="caseColumn">The Text column with the names of the cases; null for none.</param>
    /// <param name="imagePath">The column with the paths of the images. It is used if it exists and holds paths.</param>
    /// <exception cref="ArgumentException">
    /// A group column with a name other than the default is missing, or the type of the column is different.
    /// </exception>
    public static GroupColumn FromSchema(
        DataViewSchema schema, string? name, DataViewSchema.Column? caseColumn, string imagePath = PathsColumn.DefaultImagePath)
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
        return new(group, PathsColumn.FindImagePath(schema, imagePath), caseColumn);
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

    /// <summary>The group of a row.</summary>
    /// <param name="Name">The group's name.</param>
    /// <param name="IsOwn">
    /// Whether the group has the name of the row's own case. A different data set may then have the same name for a different group.
    /// </param>
    public readonly record struct RowGroup(string Name, bool IsOwn);
}
