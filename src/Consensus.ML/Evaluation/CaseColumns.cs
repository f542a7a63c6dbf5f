using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Evaluation;

/// <summary>The columns that say which case a scored row is, what it belongs to, and where its image lies.</summary>
internal sealed class CaseColumns
{
    private readonly DataViewSchema.Column? _name;
    private readonly DataViewSchema.Column? _image;
    private readonly DataViewSchema.Column? _imagePath;
    private readonly GroupColumn? _groups;
    private readonly FittedPictures? _pictures;

    /// <summary>Finds the columns.</summary>
    /// <param name="schema">The schema of the scored data.</param>
    /// <param name="name">The Text column with the names of the cases; null to number the rows from 1.</param>
    /// <param name="group">The column that says which rows belong together; null to make each row a group by itself.</param>
    /// <param name="softMap">The column of a predicted map, which knows what it was predicted from.</param>
    /// <exception cref="ArgumentException">A column with a given name is missing or has a different type.</exception>
    public CaseColumns(DataViewSchema schema, string? name, string? group, string softMap)
    {
        _name = FindName(schema, name);
        _image = GridColumn.FindImage(schema);
        _imagePath = PathsColumn.FindImagePath(schema);
        _groups = group is null ? null : GroupColumn.FromSchema(schema, group, _name);
        _pictures = FittedPictures.FromSchema(schema, _image, softMap);
    }

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns =>
    [
        .. new[] { _name, _image, _imagePath }.OfType<DataViewSchema.Column>(), .. _groups?.Columns ?? [], .. _pictures?.Columns ?? [],
    ];

    /// <summary>The Text column with the names of the cases; null where there is no name of a column.</summary>
    /// <exception cref="ArgumentException">The column is missing or has a different type.</exception>
    public static DataViewSchema.Column? FindName(DataViewSchema schema, string? name) =>
        name is null ? null : schema.Require(name, type => type is TextDataViewType, "Text");

    /// <summary>A getter of the name of a row's case; rows without names are numbered from 1.</summary>
    public static Func<string> NameGetter(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
        {
            return () => (row.Position + 1).ToString(CultureInfo.InvariantCulture);
        }

        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column.Value);
        return () =>
        {
            ReadOnlyMemory<char> name = default;
            getter(ref name);
            return name.ToString();
        };
    }

    /// <summary>Reads the columns of the row at which a cursor stands.</summary>
    /// <param name="cursor">The cursor. It must have <see cref="Columns"/>.</param>
    /// <param name="notes">Receives notes about images and masks that are turned, and about assumed positions.</param>
    public Row Read(DataViewRowCursor cursor, GridNotes notes) => new(this, cursor, notes);

    /// <summary>The row at which the cursor stands.</summary>
    public sealed class Row : IDisposable
    {
        private readonly DataViewRowCursor _cursor;
        private readonly GridNotes _notes;
        private readonly OpenVolumes _volumes = new();
        private readonly Func<string> _name;
        private readonly Func<GroupColumn.RowGroup>? _group;
        private readonly Func<Slice>? _image;
        private readonly Func<SliceGrid?> _grid;
        private readonly Func<string, VolumeKey?> _volume;
        private readonly Action<string, RaterMasks>? _framing;

        internal Row(CaseColumns columns, DataViewRowCursor cursor, GridNotes notes)
        {
            (_cursor, _notes) = (cursor, notes);
            _name = NameGetter(cursor, columns._name);
            _group = columns._groups?.Getter(cursor);
            _image = columns._image is { } image ? cursor.SliceGetter(image) : null;
            _grid = GridColumn.Getter(cursor, columns._image, columns._image is null ? columns._imagePath : null, notes);
            _volume = VolumeKey.Getter(cursor, columns._imagePath);
            _framing = columns._pictures?.Checker(cursor);
        }

        /// <summary>The name of the case.</summary>
        public string Name() => _name();

        /// <summary>What the row belongs to; null where each row is a group by itself.</summary>
        public GroupColumn.RowGroup? Group() => _group?.Invoke();

        /// <summary>The image; null where the data has paths alone.</summary>
        public Slice? Image() => _image?.Invoke();

        /// <summary>The volume that the image is a slice of; null for a single slice.</summary>
        public VolumeKey? Volume(string name) => _volume(name);

        /// <summary>A getter of masks, which are brought onto the grid of the image.</summary>
        /// <param name="column">The column of the masks.</param>
        /// <param name="lists">How many columns of masks are read. Each keeps its volumes open, and all share the allowed memory.</param>
        public Func<Annotation?> Masks(DataViewSchema.Column column, int lists = 1) =>
            _cursor.AnnotationGetter(column, _volumes.ForList(lists), _grid, _notes);

        /// <summary>Checks that no step of another library cut or padded the picture that was predicted.</summary>
        /// <param name="name">The name of the case.</param>
        /// <param name="masks">Its masks, at their own size.</param>
        /// <exception cref="InvalidDataException">Such a step did; the message names the case, and says what to set.</exception>
        public void CheckFraming(string name, RaterMasks masks) => _framing?.Invoke($"Case '{name}'", masks);

        /// <inheritdoc/>
        public void Dispose() => _volumes.Dispose();
    }
}
