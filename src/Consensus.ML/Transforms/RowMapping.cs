using Microsoft.ML;

namespace Consensus.ML.Transforms;

/// <summary>The work of a <see cref="RowToRowTransformer"/> on data of one schema.</summary>
/// <param name="Outputs">The columns it adds.</param>
/// <param name="Inputs">The columns that every output is computed from.</param>
/// <param name="CreateGetters">
/// Makes the getters of the outputs, in their order, over one row or cursor. The second argument says whether the output at a place will be
/// read. The third collects the objects that the getters keep open; they are disposed with the row or cursor. The fourth are the rows of a
/// cursor, to be read a second time; null where that cannot be.
/// </param>
internal sealed record RowMapping(
    IReadOnlyList<DataViewSchema.DetachedColumn> Outputs,
    IReadOnlyList<DataViewSchema.Column> Inputs,
    Func<DataViewRow, Func<int, bool>, ICollection<IDisposable>, RereadableRows?, Delegate[]> CreateGetters)
{
    /// <summary>A mapping whose cost does not depend on which outputs are read.</summary>
    public RowMapping(
        IReadOnlyList<DataViewSchema.DetachedColumn> outputs,
        IReadOnlyList<DataViewSchema.Column> inputs,
        Func<DataViewRow, Delegate[]> createGetters)
        : this(outputs, inputs, (row, _, _, _) => createGetters(row))
    {
    }
}

/// <summary>Rows whose number is known. They come from a collection or a file, not from a source that gives each row once.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="Open">Opens another cursor over some columns.</param>
internal sealed record RereadableRows(long Count, Func<IEnumerable<DataViewSchema.Column>, DataViewRowCursor> Open);

/// <summary>
/// A value that is computed from a row at the first request and kept until the row moves on. Several columns can share it.
/// </summary>
internal sealed class RowValue<T>(DataViewRow row, Func<T> compute)
{
    private long _position = -1;
    private T? _value;

    public T Get()
    {
        // A row without a position (-1) cannot keep its value.
        if (row.Position < 0 || row.Position != _position)
        {
            _value = compute();
            _position = row.Position;
        }

        return _value!;
    }
}
