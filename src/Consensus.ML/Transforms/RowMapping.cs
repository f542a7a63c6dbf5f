using Microsoft.ML;

namespace Consensus.ML.Transforms;

/// <summary>What a <see cref="RowToRowTransformer"/> does with data of one schema.</summary>
/// <param name="Outputs">The columns it adds.</param>
/// <param name="Inputs">The columns that every output is computed from.</param>
/// <param name="CreateGetters">
/// Makes the getters of the outputs, in their order, over one row or cursor. It is told by its place whether an output will be read, and
/// where to put what the getters hold open: that is disposed with the row or cursor.
/// </param>
internal sealed record RowMapping(
    IReadOnlyList<DataViewSchema.DetachedColumn> Outputs,
    IReadOnlyList<DataViewSchema.Column> Inputs,
    Func<DataViewRow, Func<int, bool>, ICollection<IDisposable>, Delegate[]> CreateGetters)
{
    /// <summary>A mapping whose outputs cost the same whichever of them is read.</summary>
    public RowMapping(
        IReadOnlyList<DataViewSchema.DetachedColumn> outputs,
        IReadOnlyList<DataViewSchema.Column> inputs,
        Func<DataViewRow, Delegate[]> createGetters)
        : this(outputs, inputs, (row, _, _) => createGetters(row))
    {
    }
}

/// <summary>A value computed from a row when first asked for and kept until the row moves on: several columns can be cut from it.</summary>
internal sealed class RowValue<T>(DataViewRow row, Func<T> compute)
{
    private long _position = -1;
    private T? _value;

    public T Get()
    {
        // A row that stands nowhere (-1) has no position to remember its value by.
        if (row.Position < 0 || row.Position != _position)
        {
            _value = compute();
            _position = row.Position;
        }

        return _value!;
    }
}
