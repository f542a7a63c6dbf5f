using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Reads the rows of a data view once, as training cases at the model's size. Refuses cases that do not fit together.</summary>
internal sealed class TrainingCaseReader
{
    // Red, green, blue and opacity.
    private const int MostColours = 4;

    private readonly IDataView _data;
    private readonly AnnotatedStructures _annotations;
    private readonly DataViewSchema.Column? _case;
    private readonly DataViewSchema.Column? _image;
    private readonly DataViewSchema.Column? _picture;
    private readonly DataViewSchema.Column? _imagePath;
    private readonly GroupColumn _groups;
    private readonly StructuresOfCases _structures;
    private readonly ImageSizes _sizes;
    private double _magnitudes;

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public TrainingCaseReader(IDataView data, IFitOptions options)
    {
        _data = data;
        Features = data.Schema.Require(
            options.FeaturesColumnName,
            type => type.IsSingleVector() && type is VectorDataViewType { IsKnownSize: true, Dimensions.Length: 3 },
            ExpectedFeatures);
        int[] dimensions = [.. ((VectorDataViewType)Features.Type).Dimensions];
        (Channels, Height, Width) = (dimensions[0], dimensions[1], dimensions[2]);
        if (Width <= MostColours && Channels > MostColours && Height > MostColours)
        {
            throw new ArgumentException(
                $"Column '{Features.Name}' is {Channels}×{Height}×{Width}, which looks like interleaved colours, height × width × "
                + "channels; it must be channels × height × width (ExtractPixels with interleavePixelColors: false, its default).");
        }

        _annotations = new(data.Schema, options);
        _case = Optional(data.Schema, options.CaseColumnName, type => type is TextDataViewType);
        _image = Optional(data.Schema, options.ImageColumnName, type => type is SliceDataViewType);
        _picture = _image is null ? PictureColumn.FindOriginal(data.Schema) : null;
        _imagePath = _image is null && _picture is null ? Optional(data.Schema, options.ImagePathColumnName, PathsColumn.HoldsPaths) : null;
        _sizes = new(_image, _picture, _imagePath, Height, Width);
        _groups = GroupColumn.FromSchema(data.Schema, options.GroupColumnName, _case, options.ImagePathColumnName);
        _structures = new(options);
    }

    public static string ExpectedFeatures =>
        "a vector of Single of known dimensions channels × height × width (use ResizeSlices, or ML.NET's ExtractPixels)";

    public DataViewSchema.Column Features { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>
    /// The axes along which the slices of all cases read lie in their volumes, in ascending order; empty for single slices and pictures.
    /// </summary>
    public IReadOnlyList<int> VolumeAxes => _sizes.VolumeAxes;

    /// <summary>The mean distance of the features from 0, over the cases read.</summary>
    public double AverageMagnitude { get; private set; }

    /// <summary>Reads all cases into memory.</summary>
    /// <param name="warn">
    /// Receives a message for each case that lacks raters and is left out, and one message about files in another orientation.
    /// </param>
    /// <param name="cancellation">Ends reading between two cases.</param>
    /// <returns>The cases, the number of levels, and the structures.</returns>
    /// <exception cref="InvalidDataException">
    /// There are no rows, or a row does not fit; the message names the case, what was found and what is expected.
    /// </exception>
    public ChosenCases Read(Action<string> warn, CancellationToken cancellation)
    {
        // The store holds memory alone, which .NET frees together with the cases: nobody needs to dispose it.
        return Read(new CaseStore(long.MaxValue), warn, _ => { }, cancellation);
    }

    /// <summary>Reads all cases.</summary>
    /// <param name="store">Keeps the cases. Dispose it after the last use of a case.</param>
    /// <param name="warn">
    /// Receives a message for each case that lacks raters and is left out, and one message about files in another orientation.
    /// </param>
    /// <param name="expect">
    /// Receives the memory that all cases are expected to take, in bytes, as soon as the first case is read. It is not called where the
    /// number of rows is unknown.
    /// </param>
    /// <param name="cancellation">Ends reading between two cases.</param>
    /// <returns>The cases, the number of levels, and the structures.</returns>
    /// <exception cref="InvalidDataException">
    /// There are no rows, or a row does not fit; the message names the case, what was found and what is expected.
    /// </exception>
    /// <exception cref="IOException">The cases fit neither memory nor a temporary file.</exception>
    public ChosenCases Read(
        CaseStore store,
        Action<string> warn,
        Action<long> expect,
        CancellationToken cancellation)
    {
        List<ReadCase> cases = ReadRows(store, warn, expect, cancellation);
        return cases.Count > 0
            ? _structures.Choose(cases, warn)
            : throw new InvalidDataException("There are no training cases: the data has no rows.");
    }

    /// <summary>Reads all cases of a validation set.</summary>
    /// <param name="store">Keeps the cases. Dispose it after the last use of a case.</param>
    /// <param name="training">The training cases. Cases with another number of raters are left out if training leaves them out too.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <param name="cancellation">Ends reading between two cases.</param>
    /// <exception cref="InvalidDataException">There are no rows, or a row does not fit.</exception>
    public IReadOnlyList<TrainingCase> ReadValidation(
        CaseStore store,
        IReadOnlyList<TrainingCase> training,
        Action<string> warn,
        CancellationToken cancellation)
    {
        List<ReadCase> cases = ReadRows(store, warn, _ => { }, cancellation);
        return cases.Count > 0
            ? _structures.ChooseValidation(cases, training, warn)
            : throw new InvalidDataException("There are no cases: the data has no rows.");
    }

    private List<ReadCase> ReadRows(
        CaseStore store,
        Action<string> warn,
        Action<long> expect,
        CancellationToken cancellation)
    {
        var cases = new List<ReadCase>();
        DataViewSchema.Column?[] columns = [Features, _case, _image, _picture, _imagePath];
        using DataViewRowCursor cursor = _data.GetRowCursor(
            [.. columns.OfType<DataViewSchema.Column>(), .. _annotations.Columns, .. _groups.Columns]);
        ValueGetter<VBuffer<float>> featuresGetter = cursor.GetGetter<VBuffer<float>>(Features);
        using var volumes = new OpenVolumes();
        var notes = new GridNotes(warn);
        Func<string, AnnotatedStructures.RowMasks> annotationGetter = _annotations.Getter(
            cursor, volumes, GridColumn.Getter(cursor, _image, _imagePath, notes), notes);
        Func<string> nameGetter = NameGetter(cursor);
        Func<(int Height, int Width, string Name)?> imageGetter = _sizes.Getter(cursor);
        var framing = new FramingGuard(PictureColumn.PixelsGetter(cursor, _picture, _imagePath), Features.Name, Height, Width);
        Func<GroupColumn.RowGroup> groupGetter = _groups.Getter(cursor);
        VBuffer<float> features = default;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            string name = nameGetter();
            featuresGetter(ref features);
            AnnotatedStructures.RowMasks annotation = annotationGetter(name);
            RaterMasks masks = annotation.Masks;
            (int Height, int Width, string Name)? size = imageGetter();
            if (size is { } image && (image.Height != masks.Height || image.Width != masks.Width))
            {
                throw new InvalidDataException(
                    $"{(annotation.Source is null ? $"A mask of {name}" : $"'{annotation.Source}'")} is {masks.Height}×{masks.Width} "
                    + $"pixels (height × width); its image {image.Name} is {image.Height}×{image.Width}, and both must be of one size.");
            }

            float[] values = Vectors.ToArray(features);
            int wrong = Array.FindIndex(values, value => !float.IsFinite(value) || NoData.IsImplausible(value));
            if (wrong >= 0)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} has the value {values[wrong]} in column '{Features.Name}'; every value must be finite, and within "
                    + $"±{NoData.LargestMagnitude}."));
            }

            framing.Check(name, size?.Name, masks, values);
            GroupColumn.RowGroup group = groupGetter();
            cases.Add(new(store.Add(name, values, masks) with { Group = group.Name, IsOwnGroup = group.IsOwn }, annotation.Names));
            _magnitudes += values.Average(value => (double)MathF.Abs(value));
            AverageMagnitude = _magnitudes / cases.Count;
            if (cases.Count == 1 && _data.GetRowCount() is long rows)
            {
                expect(rows * store.Bytes);
            }
        }

        return cases;
    }

    private static DataViewSchema.Column? Optional(DataViewSchema schema, string name, Func<DataViewType, bool> allowed) =>
        schema.GetColumnOrNull(name) is { } column && allowed(column.Type) ? column : null;

    private Func<string> NameGetter(DataViewRow row)
    {
        if (_case is null)
        {
            return () => $"Row {row.Position}";
        }

        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(_case.Value);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getter(ref text);
            return text.Length > 0 ? $"Case '{text}'" : $"Row {row.Position}";
        };
    }
}
