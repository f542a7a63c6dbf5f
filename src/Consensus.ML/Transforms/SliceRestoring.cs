using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceRestoringTransformer), null, typeof(SignatureLoadModel), "Slice restoring", SliceRestoringTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Brings predicted maps back to the size and place of the image they were predicted from.</summary>
/// <remarks>
/// Input columns: a vector of Single, height × width (or channels × height × width), and the <see cref="Slice"/> of the image at its own
/// size. Output column: <see cref="Slice"/> with the map's channels and the image's height, width and geometry. Nothing is learned. Each
/// value goes back to the pixel that a reduced mask takes its value from (<see cref="Resampling.UndoNearest"/>). Values between these
/// pixels are interpolated. If the scale of an image differs from the scale in training, these pixels are not the right ones. The map is
/// then placed with the offset of the training masks, which the annotations of its column give. A soft map that is the share of rounded
/// levels (<see cref="MapAnnotations.RoundedLevels"/>) is made anew from its levels, which are rounded at the size of the image, if the
/// data has them.
/// </remarks>
/// <example>
/// <code>
/// IDataView maps = model.Transform(test);
/// SliceRestoringEstimator restoring = ml.Transforms.RestoreSlices("FullSoftMap", "SoftMap", "Image");
/// Slice map = restoring.Fit(maps).Transform(maps).GetColumn&lt;Slice&gt;("FullSoftMap").First();   // the size of its image
/// </code>
/// </example>
public sealed class SliceRestoringEstimator : IEstimator<SliceRestoringTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;
    private readonly string _image;

    internal SliceRestoringEstimator(IHostEnvironment environment, string output, string input, string image)
    {
        _environment = environment;
        _output = ColumnContract.CheckedName(output, "The output column of RestoreSlices");
        _input = ColumnContract.CheckedName(input, "The input column of RestoreSlices");
        _image = ColumnContract.CheckedName(image, "The image column of RestoreSlices");
    }

    /// <summary>Checks the schema.</summary>
    /// <param name="input">Data with both columns.</param>
    /// <exception cref="ArgumentException">A column is missing or has a different type.</exception>
    public SliceRestoringTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new SliceRestoringTransformer(_environment, _output, _input, _image);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.Require(_input, ColumnContract.IsSingleVectorOfKnownSize, SliceRestoringTransformer.Expected);
        inputSchema.RequireSlice(_image);
        return inputSchema.With(ColumnContract.SliceShape(_output));
    }
}

/// <summary>Brings predicted maps back to the size and place of their images; made by <see cref="SliceRestoringEstimator"/>.</summary>
public sealed class SliceRestoringTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.Restore";
    internal const string Expected = "a vector of Single of known dimensions, height × width or channels × height × width";

    private static readonly ModelState State = new("RestoreSlices", "CMLRESTO", LoaderSignature);

    private readonly string _output;
    private readonly string _input;
    private readonly string _image;

    internal SliceRestoringTransformer(IHostEnvironment environment, string output, string input, string image)
        : base(environment, nameof(SliceRestoringTransformer))
    {
        _output = output;
        _input = input;
        _image = image;
    }

    internal static SliceRestoringTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => State.Load(ctx, reader =>
        new SliceRestoringTransformer(env, reader.ReadString(), reader.ReadString(), reader.ReadString()));

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
    {
        writer.Write(_output);
        writer.Write(_input);
        writer.Write(_image);
    });

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column map = inputSchema.Require(
            _input, type => type.IsSingleVector() && type is VectorDataViewType { IsKnownSize: true, Dimensions.Length: 2 or 3 }, Expected);
        DataViewSchema.Column image = inputSchema.RequireSlice(_image);
        DataViewSchema.Column? levels = map.RoundedLevels(inputSchema);
        int[] dimensions = [.. ((VectorDataViewType)map.Type).Dimensions];
        MapPlacement? placement = map.Placement();
        (int channels, int height, int width) = dimensions.Length == 3
            ? (dimensions[0], dimensions[1], dimensions[2])
            : (1, dimensions[0], dimensions[1]);
        DataViewSchema.Column[] inputs = levels is { } read ? [map, image, read] : [map, image];
        return new([new(_output, SliceDataViewType.Instance, SliceAnnotations.ForRestored(height, width))], inputs, row =>
        {
            ValueGetter<VBuffer<float>> mapGetter = row.GetGetter<VBuffer<float>>(map);
            ValueGetter<VBuffer<float>>? levelsGetter = levels is { } column ? row.GetGetter<VBuffer<float>>(column) : null;
            Func<Slice> imageGetter = row.SliceGetter(image);
            VBuffer<float> vector = default;
            var value = new RowValue<Slice>(row, () =>
            {
                mapGetter(ref vector);
                Slice original = imageGetter();
                float[] values = Vectors.ToArray(vector), pixels = new float[channels * original.Height * original.Width];
                float[]? stack = null;
                if (levelsGetter is not null)
                {
                    levelsGetter(ref vector);
                    stack = Vectors.ToArray(vector);
                }

                for (int channel = 0; channel < channels; channel++)
                {
                    Resampling.RestoreSoftMap(
                        values.AsSpan(channel * height * width, height * width), stack, height, width,
                        pixels.AsSpan(channel * original.Height * original.Width, original.Height * original.Width), original.Height,
                        original.Width, placement);
                }

                return new(channels, original.Height, original.Width, pixels, original.Geometry, original.Source) { Axis = original.Axis };
            });
            return [(ValueGetter<Slice>)((ref Slice slice) => slice = value.Get())];
        });
    }
}
