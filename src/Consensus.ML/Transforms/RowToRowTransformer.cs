using Consensus.ML.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Transforms;

/// <summary>
/// A transformer that adds columns computed from other columns of the same row. Columns are computed when they are read, once for each row.
/// </summary>
public abstract class RowToRowTransformer : ITransformer
{
    // Only internal base classes of ML.NET offer such views, rows and cursors. This class has them for all transformers.
    private protected RowToRowTransformer(IHostEnvironment environment, string name) => Host = environment.Register(name);

    bool ITransformer.IsRowToRowMapper => true;

    private protected IHost Host { get; }

    /// <summary>The schema of <see cref="Transform"/>'s result.</summary>
    /// <param name="inputSchema">The schema of the data to be transformed.</param>
    /// <exception cref="ArgumentException">A column this step reads is missing or has a different type; the message names it.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => new Mapper(this, inputSchema).OutputSchema;

    /// <summary>Adds the output columns to <paramref name="input"/>. Nothing is computed before a column is read.</summary>
    /// <param name="input">The data to be transformed.</param>
    /// <exception cref="ArgumentException">A column this step reads is missing or has a different type; the message names it.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new View(new Mapper(this, input.Schema), input);
    }

    /// <summary>Computes the output columns of single rows, as prediction engines do.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">A column this step reads is missing or has a different type; the message names it.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        SaveModel(ctx);
    }

    /// <summary>
    /// Gives the columns that this transformer adds to data of a schema. Throws an exception if it cannot work on the schema.
    /// </summary>
    private protected abstract RowMapping Map(DataViewSchema inputSchema);

    /// <summary>Writes the version and all state.</summary>
    private protected abstract void SaveModel(ModelSaveContext context);

    private sealed class Mapper : IRowToRowMapper
    {
        private readonly RowMapping _mapping;

        public Mapper(RowToRowTransformer transformer, DataViewSchema inputSchema)
        {
            ArgumentNullException.ThrowIfNull(inputSchema);
            _mapping = transformer.Map(inputSchema);
            InputSchema = inputSchema;
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(inputSchema);
            builder.AddColumns(_mapping.Outputs);
            OutputSchema = builder.ToSchema();
        }

        public DataViewSchema InputSchema { get; }

        public DataViewSchema OutputSchema { get; }

        public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        {
            var needed = new HashSet<int>();
            foreach (DataViewSchema.Column column in dependingColumns)
            {
                if (column.Index < InputSchema.Count)
                {
                    needed.Add(column.Index);
                }
                else
                {
                    needed.UnionWith(_mapping.Inputs.Select(input => input.Index));
                }
            }

            return InputSchema.Where(column => needed.Contains(column.Index));
        }

        public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        {
            ArgumentNullException.ThrowIfNull(input);
            if (input.Schema != InputSchema)
            {
                throw new ArgumentException("The row has another schema than the mapper was made for.", nameof(input));
            }

            bool[] active = Active(activeColumns);
            foreach (DataViewSchema.Column column in InputSchema)
            {
                active[column.Index] = input.IsColumnActive(column);
            }

            return new Row(new Columns(this, input, active));
        }

        public bool[] Active(IEnumerable<DataViewSchema.Column> columns)
        {
            var active = new bool[OutputSchema.Count];
            foreach (DataViewSchema.Column column in columns)
            {
                active[column.Index] = true;
            }

            return active;
        }

        public Delegate[] CreateGetters(DataViewRow input, bool[] active, ICollection<IDisposable> open, RereadableRows? again) =>
            _mapping.CreateGetters(input, output => active[InputSchema.Count + output], open, again);
    }

    /// <summary>
    /// The getters of one row or cursor. Getters of the input pass through; our own are made at the first request. Disposes the objects
    /// that they keep open, and the input.
    /// </summary>
    private sealed class Columns(Mapper mapper, DataViewRow input, bool[] active, RereadableRows? again = null) : IDisposable
    {
        private readonly List<IDisposable> _open = [];
        private Delegate[]? _getters;

        public DataViewSchema Schema => mapper.OutputSchema;

        public bool IsActive(DataViewSchema.Column column) => active[column.Index];

        public ValueGetter<TValue> Getter<TValue>(DataViewSchema.Column column)
        {
            if (column.Index >= active.Length || !active[column.Index])
            {
                throw new ArgumentOutOfRangeException(
                    nameof(column), $"Column '{column.Name}' was not asked for when the rows were opened.");
            }

            if (column.Index < mapper.InputSchema.Count)
            {
                return input.GetGetter<TValue>(mapper.InputSchema[column.Index]);
            }

            _getters ??= mapper.CreateGetters(input, active, _open, again);
            Delegate getter = _getters[column.Index - mapper.InputSchema.Count];
            return getter as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.");
        }

        public DataViewRow Input => input;

        /// <summary>
        /// Closes the objects that the getters keep open. Nothing is read after the last row, even if the cursor is disposed later.
        /// </summary>
        public void Close() => _open.ForEach(one => one.Dispose());

        public void Dispose()
        {
            try
            {
                Close();
            }
            finally
            {
                input.Dispose();
            }
        }
    }

    private sealed class Row(Columns columns) : DataViewRow
    {
        public override DataViewSchema Schema => columns.Schema;

        public override long Position => columns.Input.Position;

        public override long Batch => columns.Input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => columns.Input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => columns.Getter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                columns.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class Cursor(Columns columns, DataViewRowCursor input) : DataViewRowCursor
    {
        public override DataViewSchema Schema => columns.Schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override bool MoveNext()
        {
            if (input.MoveNext())
            {
                return true;
            }

            columns.Close();
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => columns.Getter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                columns.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class View(Mapper mapper, IDataView source) : StepView(source)
    {
        public override bool CanShuffle => Source.CanShuffle;

        public override DataViewSchema Schema => mapper.OutputSchema;

        public override long? GetRowCount() => Source.GetRowCount();

        public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        {
            DataViewSchema.Column[] needed = [.. columnsNeeded];
            bool[] active = mapper.Active(needed);
            RereadableRows? again = rand is null && Source.GetRowCount() is long count
                ? new(count, columns => Source.GetRowCursor(columns))
                : null;
            return Open(Source.GetRowCursor(mapper.GetDependencies(needed), rand), active, again);
        }

        public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        {
            DataViewSchema.Column[] needed = [.. columnsNeeded];
            bool[] active = mapper.Active(needed);
            return [.. Source.GetRowCursorSet(mapper.GetDependencies(needed), n, rand).Select(cursor => Open(cursor, active))];
        }

        private Cursor Open(DataViewRowCursor cursor, bool[] active, RereadableRows? again = null) =>
            new(new Columns(mapper, cursor, active, again), cursor);
    }
}
