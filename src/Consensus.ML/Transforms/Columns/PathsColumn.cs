using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>A column with one path or several paths in each row.</summary>
internal static class PathsColumn
{
    /// <summary>The name of the column in which loaders put the path or the paths of the image.</summary>
    public const string DefaultImagePath = "ImagePath";

    /// <summary>Whether a column of this type can hold paths.</summary>
    public static bool HoldsPaths(DataViewType type) => type is TextDataViewType or VectorDataViewType { ItemType: TextDataViewType };

    /// <summary>The column with the path or the paths of the image; null where there is none, or where it cannot hold paths.</summary>
    public static DataViewSchema.Column? FindImagePath(DataViewSchema schema, string name = DefaultImagePath) =>
        schema.GetColumnOrNull(name) is { } column && HoldsPaths(column.Type) ? column : null;

    /// <summary>A getter of the row's paths. A Text column gives one path, which may be empty.</summary>
    public static Func<string[]> Getter(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> path = default;
            return () =>
            {
                getter(ref path);
                return [path.ToString()];
            };
        }

        ValueGetter<VBuffer<ReadOnlyMemory<char>>> vectorGetter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        VBuffer<ReadOnlyMemory<char>> paths = default;
        return () =>
        {
            vectorGetter(ref paths);
            return [.. paths.DenseValues().Select(path => path.ToString())];
        };
    }
}
