using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Draws;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(RaterMaskDrawingTransformer), null, typeof(SignatureLoadModel), "Rater mask drawing",
    RaterMaskDrawingTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>
/// Learns from masks of several raters how they differ together, to draw masks that raters might draw from predicted soft maps.
/// </summary>
/// <remarks>
/// Input columns: a vector of Single of known dimensions height × width, the soft map, and for <see cref="Fit"/> the raters' masks. Output
/// column: a vector of Single, masks × height × width, of 0 and 1, as Evaluate takes samples. <see cref="RaterBehavior.Fit"/> says what is
/// learned, and <see cref="RaterDraws.Draw"/> how a mask is drawn. Only the raters' masks are read, at the size of the soft map; no map is
/// predicted. Masks are read onto the grid of their image, from the columns Image or ImagePath.
/// </remarks>
/// <example>
/// <code>
/// IDataView maps = model.Transform(train);
/// RaterMaskDrawingTransformer drawing = ml.Transforms.DrawRaterMasks().Fit(maps);
/// SegmentationMetrics scores = ml.Segmentation.Evaluate(drawing.Transform(model.Transform(test)));
/// Console.WriteLine($"GED of drawn masks {scores.DrawnEnergyDistance:0.000}, of levels {scores.GeneralizedEnergyDistance:0.000}");
/// </code>
/// </example>
public sealed class RaterMaskDrawingEstimator : IEstimator<RaterMaskDrawingTransformer>
{
    private const string Expected = "a vector of Single of known dimensions height × width";

    // What was measured on brain growth of QUBIQ and on rat-smc at 64 pixels, rounded. Taken where the raters never differ.
    private const double UsualCorrelation = 0.25, UsualLengthPerSide = 0.037;

    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;
    private readonly string _annotations;
    private readonly RaterBehavior? _behavior;
    private readonly int _count;
    private readonly int _seed;

    internal RaterMaskDrawingEstimator(
        IHostEnvironment environment, string output, string input, string annotations, RaterBehavior? behavior, int count, int seed)
    {
        _environment = environment;
        _output = ColumnContract.CheckedName(output, "The output column of DrawRaterMasks");
        _input = ColumnContract.CheckedName(input, "The input column of DrawRaterMasks");
        _annotations = ColumnContract.CheckedName(annotations, "The annotations column of DrawRaterMasks");
        _behavior = behavior;
        _count = CheckedCount(count);
        _seed = seed;
    }

    /// <summary>
    /// Reads the raters' masks once and learns from them, unless the behaviour was given. Where raters differ in no case, the behaviour is
    /// ρ = 0.25 and a length of 3.7 % of the longer side, with a warning.
    /// </summary>
    /// <param name="input">Data with the soft map and the raters' masks; the training cases. Rows without masks are passed over.</param>
    /// <exception cref="ArgumentException">A column is missing or has a different type.</exception>
    /// <exception cref="InvalidDataException">Masks cannot be read or differ in size; the message names the file.</exception>
    /// <exception cref="FileNotFoundException">A mask file does not exist.</exception>
    public RaterMaskDrawingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema.Column map = RequireMap(input.Schema, _input);
        return new(_environment, _output, _input, _behavior ?? Learn(input, ((VectorDataViewType)map.Type).Dimensions), _count, _seed);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.Require(_input, ColumnContract.IsSingleVectorOfKnownSize, Expected);
        if (_behavior is null)
        {
            inputSchema.RequireAnnotations(_annotations);
        }

        return inputSchema.With(ColumnContract.VectorShape(_output));
    }

    internal static DataViewSchema.Column RequireMap(DataViewSchema schema, string name) => schema.Require(
        name, type => type.IsSingleVector() && type is VectorDataViewType { IsKnownSize: true, Dimensions.Length: 2 }, Expected);

    /// <exception cref="ArgumentException">The number of masks is out of range.</exception>
    internal static int CheckedCount(int count) => count is >= 1 and <= RaterDraws.LargestCount
        ? count
        : throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture, $"DrawRaterMasks: count is {count}; it must be from 1 to {RaterDraws.LargestCount}."));

    private RaterBehavior Learn(IDataView input, IReadOnlyList<int> size)
    {
        DataViewSchema.Column annotations = input.Schema.RequireAnnotations(_annotations);
        DataViewSchema.Column? image = GridColumn.FindImage(input.Schema),
            path = image is null ? PathsColumn.FindImagePath(input.Schema) : null;
        using IChannel channel = ((IChannelProvider)_environment).Start("DrawRaterMasks");

        // The trainer has read the same masks before, and has warned of them.
        var notes = new GridNotes(line => channel.Trace(MessageSensitivity.UserData, line));
        using DataViewRowCursor cursor = input.GetRowCursor([.. new[] { annotations, image, path }.OfType<DataViewSchema.Column>()]);
        using var volumes = new OpenVolumes();
        Func<Annotation?> getter = cursor.AnnotationGetter(annotations, volumes, GridColumn.Getter(cursor, image, path, notes), notes);
        if (RaterBehavior.Fit(Masks()) is { } learned)
        {
            return learned;
        }

        double length = UsualLengthPerSide * Math.Max(size[0], size[1]);
        channel.Warning(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"The raters differ in no case, so how they differ together cannot be learned: masks are drawn with a correlation of "
            + $"{UsualCorrelation} and a length of {length:0.#} pixels."));
        return new(UsualCorrelation, length);

        IEnumerable<RaterMasks> Masks()
        {
            while (cursor.MoveNext())
            {
                if (getter() is { } annotation)
                {
                    yield return Resampling.Nearest(annotation.Masks, size[0], size[1]);
                }
            }
        }
    }
}

/// <summary>Draws masks that raters might draw; made by <see cref="RaterMaskDrawingEstimator"/>.</summary>
public sealed class RaterMaskDrawingTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.DrawMasks";

    private static readonly ModelState State = new("DrawRaterMasks", "CMLDRAWM", LoaderSignature);

    private readonly string _input;

    internal RaterMaskDrawingTransformer(
        IHostEnvironment environment, string output, string input, RaterBehavior behavior, int count, int seed)
        : base(environment, nameof(RaterMaskDrawingTransformer))
    {
        OutputColumnName = output;
        _input = input;
        Behavior = behavior;
        Count = count;
        Seed = seed;
    }

    /// <summary>How raters differ together, in pixels of the soft map.</summary>
    public RaterBehavior Behavior { get; }

    /// <summary>Number of masks of each row.</summary>
    public int Count { get; }

    /// <summary>
    /// Seed of the masks, together with the values of the soft map. Equal maps give equal masks: alone, in a batch, or in any order.
    /// </summary>
    public int Seed { get; }

    /// <summary>The column that it adds.</summary>
    public string OutputColumnName { get; }

    internal static RaterMaskDrawingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => State.Load(ctx, reader =>
    {
        string output = reader.ReadString(), input = reader.ReadString();
        double correlation = reader.ReadDouble(), length = reader.ReadDouble();
        int count = RaterMaskDrawingEstimator.CheckedCount(reader.ReadInt32()), seed = reader.ReadInt32();
        return new RaterMaskDrawingTransformer(env, output, input, new(correlation, length), count, seed);
    });

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
    {
        writer.Write(OutputColumnName);
        writer.Write(_input);
        writer.Write(Behavior.Correlation);
        writer.Write(Behavior.Length);
        writer.Write(Count);
        writer.Write(Seed);
    });

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column map = RaterMaskDrawingEstimator.RequireMap(inputSchema, _input);
        (int height, int width) = (((VectorDataViewType)map.Type).Dimensions[0], ((VectorDataViewType)map.Type).Dimensions[1]);
        if ((long)Count * height * width > Array.MaxLength)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"DrawRaterMasks: {Count} masks of {height}×{width} pixels are too many for one column; at most "
                + $"{Array.MaxLength / ((long)height * width)} fit."));
        }

        var type = new VectorDataViewType(NumberDataViewType.Single, Count, height, width);
        DataViewSchema.Annotations? annotations =
            map.PredictedFrom() is { } features ? SliceAnnotations.ForMaps(features, map.Placement()) : null;
        return new([new(OutputColumnName, type, annotations)], [map], row =>
        {
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(map);
            VBuffer<float> vector = default;
            var value = new RowValue<byte[]>(row, () =>
            {
                getter(ref vector);
                return Draw(Vectors.ToArray(vector), height, width, row.Position);
            });
            return [(ValueGetter<VBuffer<float>>)((ref VBuffer<float> masks) =>
            {
                byte[] pixels = value.Get();
                VBufferEditor<float> editor = VBufferEditor.Create(ref masks, pixels.Length);
                for (int i = 0; i < pixels.Length; i++)
                {
                    editor.Values[i] = pixels[i];
                }

                masks = editor.Commit();
            })];
        });
    }

    private byte[] Draw(float[] map, int height, int width, long row)
    {
        try
        {
            int seed = (int)(NoiseSeed.Compute(Seed, map) & int.MaxValue);
            return RaterDraws.Draw(map, height, width, Count, Behavior, seed).Pixels;
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"Column '{_input}' in row {row}: {exception.Message}"), exception);
        }
    }
}
