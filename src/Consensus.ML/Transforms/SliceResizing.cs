using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Options;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceResizingTransformer), null, typeof(SignatureLoadModel), "Slice resizing", SliceResizingTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Resizes slices to one height and width, as vectors of known size.</summary>
/// <remarks>
/// Input column: <see cref="Slice"/>. Output column: a vector of Single, channels × height × width. Along a side that is reduced, a new
/// pixel is the mean of the pixels that it covers (<see cref="Resampling.Antialiased(Slice, int, int)"/>). With antialiasing off, as
/// published, and along a side that is enlarged, it is bilinear (corners not aligned). <see cref="Fit"/> takes the number of channels from
/// the first row.
/// </remarks>
/// <example>
/// <code>
/// IDataView images = ml.Transforms.LoadSlices("Image", "ImagePath").Fit(train).Transform(train);
/// var resizing = ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64).Fit(images);
/// float[] pixels = resizing.Transform(images).GetColumn&lt;float[]&gt;("Features").First();   // channels × 64 × 64
/// </code>
/// </example>
public sealed class SliceResizingEstimator : IEstimator<SliceResizingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;
    private readonly int _height;
    private readonly int _width;
    private readonly bool _antialias;

    internal SliceResizingEstimator(
        IHostEnvironment environment,
        string output,
        string input,
        int height,
        int width,
        bool antialias)
    {
        _antialias = antialias;
        _environment = environment;
        _output = ColumnContract.CheckedName(output, "The output column of ResizeSlices");
        _input = ColumnContract.CheckedName(input, "The input column of ResizeSlices");
        _height = height >= 1 ? height : throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture,
            $"ResizeSlices: height is {height}; it must be at least 1 pixel."));
        _width = width >= 1 ? width : throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture,
            $"ResizeSlices: width is {width}; it must be at least 1 pixel."));
    }

    /// <summary>Takes the number of channels from the first slice.</summary>
    /// <param name="input">Data with the slice column.</param>
    /// <exception cref="ArgumentException">The column is missing, or its type is not Slice.</exception>
    /// <exception cref="InvalidDataException">There are no rows.</exception>
    public SliceResizingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema.Column column = input.Schema.RequireSlice(_input);
        using DataViewRowCursor cursor = input.GetRowCursor([column]);
        Func<Slice> getter = cursor.SliceGetter(column);
        return cursor.MoveNext()
            ? new(_environment, _output, _input, getter().Channels, _height, _width, _antialias)
            : throw new InvalidDataException($"ResizeSlices cannot tell the number of channels: column '{_input}' has no rows.");
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.RequireSlice(_input);
        return inputSchema.With(ColumnContract.VectorShape(_output));
    }
}

/// <summary>Resizes slices to one height and width, as vectors of known size; made by <see cref="SliceResizingEstimator"/>.</summary>
public sealed class SliceResizingTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.Resize";

    private static readonly ModelState State = new("ResizeSlices", "CMLSIZES", LoaderSignature);

    private readonly string _output;
    private readonly string _input;

    internal SliceResizingTransformer(
        IHostEnvironment environment,
        string output,
        string input,
        int channels,
        int height,
        int width,
        bool antialias)
        : base(environment, nameof(SliceResizingTransformer))
    {
        _output = output;
        _input = input;
        Channels = channels;
        Height = height;
        Width = width;
        Antialias = antialias;
    }

    /// <summary>Number of channels every slice must have.</summary>
    public int Channels { get; }

    /// <summary>Rows of the output, in pixels.</summary>
    public int Height { get; }

    /// <summary>Columns of the output, in pixels.</summary>
    public int Width { get; }

    /// <summary>
    /// Whether a new pixel is the mean of all pixels that it covers, where a side is reduced. False for models of versions that could not
    /// do so: they see images as they were trained.
    /// </summary>
    public bool Antialias { get; }

    /// <summary>The column that it reads.</summary>
    internal string InputColumn => _input;

    /// <summary>The column that it adds.</summary>
    internal string OutputColumn => _output;

    internal static SliceResizingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        State.Load(ctx, reader => Read(env, reader));

    /// <summary>Reads what <see cref="SaveModel"/> wrote; older models end before the last value.</summary>
    internal static SliceResizingTransformer Read(IHostEnvironment environment, BinaryReader reader)
    {
        string output = reader.ReadString(), input = reader.ReadString();
        int channels = reader.ReadInt32(), height = reader.ReadInt32(), width = reader.ReadInt32();
        SliceLimits.Check(channels, height, width, levels: 1);
        bool antialias = reader.BaseStream.Position < reader.BaseStream.Length && reader.ReadBoolean();
        return new(environment, output, input, channels, height, width, antialias);
    }

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
    {
        writer.Write(_output);
        writer.Write(_input);
        writer.Write(Channels);
        writer.Write(Height);
        writer.Write(Width);
        writer.Write(Antialias);
    });

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column image = inputSchema.RequireSlice(_input);
        var type = new VectorDataViewType(NumberDataViewType.Single, Channels, Height, Width);
        return new([new(_output, type, SliceAnnotations.Create(image.RawZero()))], [image], row =>
        {
            Func<Slice> getter = row.SliceGetter(image);
            var value = new RowValue<float[]>(row, () => Resize(getter()));
            return [(ValueGetter<VBuffer<float>>)((ref VBuffer<float> vector) => Vectors.Copy(value.Get(), ref vector))];
        });
    }

    private float[] Resize(Slice slice) => slice.Channels == Channels
        ? (Antialias ? Resampling.Antialiased(slice, Height, Width) : Resampling.Bilinear(slice, Height, Width)).Pixels
        : throw new InvalidDataException($"{slice.Name()} has {slice.Channels} channel(s); the training images have {Channels}.");
}
