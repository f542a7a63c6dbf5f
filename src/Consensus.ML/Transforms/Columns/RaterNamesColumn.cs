using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>The column with the name of the rater of each mask of a row. Without it, masks are numbered.</summary>
internal static class RaterNamesColumn
{
    /// <summary>The name that loaders give the column.</summary>
    public const string DefaultName = "RaterNames";

    /// <summary>The column of a name; null where the name is null, or where it is the default name and the column is missing.</summary>
    /// <exception cref="ArgumentException">A column with a given name is missing or has a different type.</exception>
    public static DataViewSchema.Column? FindByName(DataViewSchema schema, string? name) =>
        name is null || (name == DefaultName && schema.GetColumnOrNull(name) is null)
            ? null
            : schema.Require(
                name, type => type is VectorDataViewType { ItemType: TextDataViewType }, "a vector of Text (who drew each mask)");

    /// <summary>A getter of the row's names. Its argument is the number of masks.</summary>
    public static Func<int, string[]> Getter(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
        {
            return masks => [.. Enumerable.Range(1, masks).Select(rater => rater.ToString(CultureInfo.InvariantCulture))];
        }

        Func<string[]> getter = PathsColumn.Getter(row, column.Value);
        return _ => getter();
    }
}
