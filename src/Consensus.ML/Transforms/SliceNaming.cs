using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms;

/// <summary>
/// The name of a row's slice in messages, from the columns with the usual names: its file, or else its case, or else the number of the row.
/// </summary>
internal sealed class SliceNaming
{
    private readonly DataViewSchema.Column? _path;
    private readonly DataViewSchema.Column? _case;

    public SliceNaming(DataViewSchema schema)
    {
        _path = PathsColumn.FindImagePath(schema);
        _case = schema.GetColumnOrNull("Case") is { Type: TextDataViewType } name ? name : null;
    }

    /// <summary>The columns that a name is made of.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => new[] { _path, _case }.OfType<DataViewSchema.Column>();

    /// <summary>A getter of the row's name, which begins a sentence.</summary>
    public Func<string> Getter(DataViewRow row)
    {
        Func<string[]>? path = _path is { } first ? PathsColumn.Getter(row, first) : null,
            name = _case is { } second ? PathsColumn.Getter(row, second) : null;
        return () => path?.Invoke() is [{ Length: > 0 } file, ..] ? $"'{file}'"
            : name?.Invoke() is [{ Length: > 0 } text] ? $"Case '{text}'"
            : $"Row {row.Position}";
    }
}
