using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>A column with one path or several paths in each row.</summary>
internal static class PathsColumn
{
    /// <summary>Whether a column of this type can hold paths.</summary>
    public static bool HoldsPaths(DataViewType type) => type is TextDataViewType or VectorDataViewType { ItemType: TextDataViewType };

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
