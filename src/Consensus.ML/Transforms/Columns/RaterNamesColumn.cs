using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>The column that says who drew each mask of a row; where there is none, masks are numbered.</summary>
internal static class RaterNamesColumn
{
    /// <summary>What loaders call it.</summary>
    public const string DefaultName = "RaterNames";

    /// <summary>The column of that name; null where none is asked for, or where none is there that only the default asks for.</summary>
    /// <exception cref="ArgumentException">A column that was asked for is missing or of another type.</exception>
    public static DataViewSchema.Column? FindByName(DataViewSchema schema, string? name) =>
        name is null || (name == DefaultName && schema.GetColumnOrNull(name) is null)
            ? null
            : schema.Require(
                name, type => type is VectorDataViewType { ItemType: TextDataViewType }, "a vector of Text (who drew each mask)");

    /// <summary>A getter of the row's names; told how many masks there are.</summary>
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
