using System.Globalization;
using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceNormalizingTransformer), null, typeof(SignatureLoadModel), "Slice normalizing",
    SliceNormalizingTransformer.LoaderSignature)]
[assembly: LoadableClass(
    typeof(SliceNormalizingTransformer), typeof(SliceNormalizingTransformer.EachSliceLoader), null, typeof(SignatureLoadModel),
    "Slice normalizing, each slice by itself", SliceNormalizingTransformer.EachSliceLoader.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Learns to shift and scale each channel of a slice column, over the training images at their own sizes.</summary>
/// <remarks>
/// Input and output column: <see cref="Slice"/>. A channel's mean is the mean over images of the image's mean; its deviation is the mean
/// over images of the image's population standard deviation (as the published implementation of Amit et al. 2023 normalises). A channel
/// that is constant in every image is only shifted. Every image counts once, whatever its size. Pixels without data do not count. They
/// become 0, the mean.
/// <para>
/// With <see cref="NormalizationScale.EachSlice"/>, each channel of each slice is brought to its own scale before: in deviations from its
/// mean, both by sigma clipping at three deviations. What lies beyond three deviations grows with its logarithm. So a slice that is darker,
/// fainter, or full of bright specks looks like the others.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// IDataView images = ml.Transforms.LoadSlices("Image", "ImagePath").Fit(train).Transform(train);
/// var normalizing = ml.Transforms.NormalizeSlices("Image").Fit(images);
/// Console.WriteLine($"mean of the first channel: {normalizing.Means[0]}");
/// </code>
/// </example>
public sealed class SliceNormalizingEstimator : IEstimator<SliceNormalizingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;
    private readonly float? _noData;
    private readonly NormalizationScale _scale;

    internal SliceNormalizingEstimator(
        IHostEnvironment environment, string output, string input, float? noData, NormalizationScale scale)
    {
        OptionRange.Defined(nameof(scale), scale);
        _environment = environment;
        _noData = noData;
        _scale = scale;
        _output = ColumnContract.CheckedName(output, "The output column of NormalizeSlices");
        _input = ColumnContract.CheckedName(input, "The input column of NormalizeSlices");
    }

    /// <summary>Reads every slice once, and computes the mean and deviation of each channel and the scale to use.</summary>
    /// <param name="input">Data with the slice column; the training images.</param>
    /// <exception cref="ArgumentException">The column is missing, or its type is not Slice.</exception>
    /// <exception cref="InvalidDataException">
    /// There are no rows, two slices differ in their channels, or a slice holds values that are not finite or too large for measurements;
    /// the message names the file.
    /// </exception>
    public SliceNormalizingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema.Column column = input.Schema.RequireSlice(_input);
        ImageStatistics[] channels = [];
        int count = 0;
        bool hasVolumes = false;
        using DataViewRowCursor cursor = input.GetRowCursor([column]);
        Func<Slice> getter = cursor.SliceGetter(column);
        while (cursor.MoveNext())
        {
            Slice slice = getter();
            if (count++ == 0)
            {
                channels = [.. Enumerable.Range(0, slice.Channels).Select(_ => new ImageStatistics())];
            }

            SliceNormalizingTransformer.CheckSlice(slice, channels.Length, _noData);
            hasVolumes |= slice.Source is { Length: > 0 } source && SliceAddress.Parse(source).Index is not null;
            for (int channel = 0; channel < slice.Channels; channel++)
            {
                ReadOnlySpan<float> values = NoData.Without(SliceNormalizingTransformer.Channel(slice, channel), _noData);
                if (!values.IsEmpty)
                {
                    channels[channel].Add(values);
                }
            }
        }

        if (count == 0)
        {
            throw new InvalidDataException($"NormalizeSlices has nothing to learn from: column '{_input}' has no rows.");
        }

        NormalizationScale scale = _scale == NormalizationScale.Automatic ? Choose(channels, hasVolumes) : _scale;
        (double Mean, double Deviation)[] learned = [.. channels.Select(channel => channel.Of(scale))];
        return new(
            _environment, _output, _input, [.. learned.Select(channel => channel.Mean)], [.. learned.Select(channel => channel.Deviation)],
            _noData, [.. channels.Select(channel => channel.Range)], scale);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.RequireSlice(_input);
        return inputSchema.With(ColumnContract.SliceShape(_output));
    }

    /// <summary>The scale that the images ask for. The log says which, and why.</summary>
    private NormalizationScale Choose(ImageStatistics[] channels, bool hasVolumes)
    {
        // The first and last slices of a volume may show little but noise, which a scale of their own would enlarge.
        if (hasVolumes || channels.Max(channel => channel.CountWithContrast) < ImageStatistics.LeastImages)
        {
            return NormalizationScale.TrainingSet;
        }

        double spread = channels.Max(channel => channel.Spread);
        bool differ = spread > ImageStatistics.LargestSpread;
        using IChannel log = ((IHostEnvironment)_environment.Register(nameof(SliceNormalizingEstimator))).Start(nameof(Fit));
        log.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Normalisation: the images differ by {spread:0.00} in level and contrast, {(differ ? "more than" : "at most")} "
            + $"{ImageStatistics.LargestSpread}; {(differ ? "each slice has its own scale" : "all have the scale of the training set")}"));
        return differ ? NormalizationScale.EachSlice : NormalizationScale.TrainingSet;
    }
}

/// <summary>Shifts and scales each channel of a slice column; made by <see cref="SliceNormalizingEstimator"/>.</summary>
public sealed class SliceNormalizingTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.Normalize";

    private static readonly ModelState State = new("NormalizeSlices", "CMLNORMS", LoaderSignature);

    private readonly string _output;
    private readonly string _input;
    private readonly double[] _means;
    private readonly double[] _deviations;
    private readonly ValueRange[] _ranges;
    private bool _warned;

    /// <param name="environment">The environment.</param>
    /// <param name="output">The new column.</param>
    /// <param name="input">The slice column.</param>
    /// <param name="means">The mean of each channel.</param>
    /// <param name="deviations">The deviation of each channel.</param>
    /// <param name="noData">The value that marks missing data; null for none.</param>
    /// <param name="ranges">The range of the training values of each channel; empty in older models, which do not store it.</param>
    /// <param name="scale">Where the scale of a slice comes from; not automatic.</param>
    internal SliceNormalizingTransformer(
        IHostEnvironment environment,
        string output,
        string input,
        double[] means,
        double[] deviations,
        float? noData,
        ValueRange[] ranges,
        NormalizationScale scale = NormalizationScale.TrainingSet)
        : base(environment, nameof(SliceNormalizingTransformer))
    {
        Scale = scale;
        _output = output;
        _input = input;
        _means = means;
        _deviations = deviations;
        _ranges = ranges;
        NoDataValue = noData;
    }

    /// <summary>
    /// The value that marks pixels without data, in the units of the images. Such pixels become 0. The value may be NaN; null where all
    /// pixels have data.
    /// </summary>
    public float? NoDataValue { get; }

    /// <summary>
    /// Where the scale of a slice comes from: <see cref="NormalizationScale.TrainingSet"/> or <see cref="NormalizationScale.EachSlice"/>.
    /// </summary>
    public NormalizationScale Scale { get; }

    /// <summary>
    /// The value that is subtracted from each channel, in the units of the images. If each slice has its own scale, it is subtracted
    /// afterwards, in the slice's deviations.
    /// </summary>
    public IReadOnlyList<double> Means => Array.AsReadOnly(_means);

    /// <summary>
    /// The mean standard deviation of each channel, in the same units as <see cref="Means"/>; a channel is divided by it unless it is 0.
    /// </summary>
    public IReadOnlyList<double> StandardDeviations => Array.AsReadOnly(_deviations);

    /// <summary>The column that it reads.</summary>
    internal string InputColumn => _input;

    /// <summary>The column that it adds.</summary>
    internal string OutputColumn => _output;

    /// <summary>The ranges of the training values, one for each channel; none in older models.</summary>
    internal IReadOnlyList<ValueRange> Ranges => _ranges;

    internal static SliceNormalizingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        State.Load(ctx, reader => Read(env, reader, NormalizationScale.TrainingSet));

    private static SliceNormalizingTransformer Read(IHostEnvironment env, BinaryReader reader, NormalizationScale scale)
    {
        string output = reader.ReadString(), input = reader.ReadString();
        int channels = reader.ReadInt32();
        double[] Read() => [.. Enumerable.Range(0, channels).Select(_ => reader.ReadDouble())];
        double[] means = Read(), deviations = Read();

        // Older models end here.
        bool isNewer = reader.BaseStream.Position < reader.BaseStream.Length;
        float? noData = isNewer && reader.ReadBoolean() ? reader.ReadSingle() : null;
        ValueRange[] ranges = isNewer
            ? [.. Enumerable.Range(0, channels).Select(_ => new ValueRange(reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle()))]
            : [];
        return new SliceNormalizingTransformer(env, output, input, means, deviations, noData, ranges, scale);
    }

    internal static ReadOnlySpan<float> Channel(Slice slice, int channel) =>
        slice.Pixels.AsSpan(channel * slice.Height * slice.Width, slice.Height * slice.Width);

    internal static void CheckSlice(Slice slice, int channels, float? noData)
    {
        if (slice.Channels != channels)
        {
            throw new InvalidDataException($"{slice.Name()} has {slice.Channels} channel(s); the training images have {channels}.");
        }

        foreach (float value in slice.Pixels)
        {
            if ((!float.IsFinite(value) || NoData.IsImplausible(value)) && !NoData.IsMark(value, noData))
            {
                string hint = float.IsInfinity(value) || noData is not null
                    ? ""
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $" If it marks missing data, train with --no-data {value} (noData of NormalizeSlices).");
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{slice.Name()} holds the value {value}; every pixel must be finite, and within ±{NoData.LargestMagnitude}.{hint}"));
            }
        }
    }

    private protected override void SaveModel(ModelSaveContext context)
    {
        ModelState state = Scale == NormalizationScale.EachSlice ? EachSliceLoader.State : State;
        state.Save(context, writer =>
        {
            writer.Write(_output);
            writer.Write(_input);
            writer.Write(_means.Length);
            foreach (double value in (double[])[.. _means, .. _deviations])
            {
                writer.Write(value);
            }

            if (NoDataValue is null && _ranges.Length == 0)
            {
                return;
            }

            writer.Write(NoDataValue is not null);
            if (NoDataValue is float noData)
            {
                writer.Write(noData);
            }

            foreach (ValueRange range in _ranges)
            {
                writer.Write(range.Smallest);
                writer.Write(range.Largest);
                writer.Write(range.LeastWidth);
            }
        });
    }

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column image = inputSchema.RequireSlice(_input);
        float[] before = image.RawZero() is { } earlier && earlier.Length == _means.Length ? earlier : new float[_means.Length];

        // A slice with a scale of its own is filled up at its own level, not with black.
        float[] rawZero = [.. before.Select((value, channel) => Normalize(Scale == NormalizationScale.EachSlice ? 0 : value, channel))];
        return new([new(_output, SliceDataViewType.Instance, SliceAnnotations.Create(rawZero))], [image], row =>
        {
            Func<Slice> getter = row.SliceGetter(image);
            var value = new RowValue<Slice>(row, () => Normalize(getter()));
            return [(ValueGetter<Slice>)((ref Slice slice) => slice = value.Get())];
        });
    }

    /// <summary>Warns once, about the first slice whose values are far from the training values. The warning gives both ranges.</summary>
    private void WarnOfOtherValues(Slice slice, int channel)
    {
        if (Volatile.Read(ref _warned))
        {
            return;
        }

        ValueRange own = ValueRange.Measure(Channel(slice, channel), NoDataValue), known = _ranges[channel];
        if (!own.IsFarFrom(known) || Interlocked.Exchange(ref _warned, true))
        {
            return;
        }

        using IChannel log = Host.Start(nameof(Normalize));
        string which = slice.Channels == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" in channel {channel + 1}");
        log.Warning(
            MessageSensitivity.None,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{slice.Name()} has values from {own.Smallest} to {own.Largest}{which}, and the training images had values from "
                + $"{known.Smallest} to {known.Largest}: in other units, or another window? Its map may mean nothing. "
                + $"Further slices are not warned of."));
    }

    private float Normalize(double value, int channel) =>
        (float)((value - _means[channel]) / (_deviations[channel] > 0 ? _deviations[channel] : 1));

    private Slice Normalize(Slice slice)
    {
        CheckSlice(slice, _means.Length, NoDataValue);
        var pixels = new float[slice.Pixels.Length];
        for (int channel = 0; channel < slice.Channels; channel++)
        {
            ReadOnlySpan<float> from = Channel(slice, channel);
            Span<float> to = pixels.AsSpan(channel * from.Length, from.Length);
            if (Scale == NormalizationScale.EachSlice)
            {
                NormalizeByItself(from, to, channel);
                continue;
            }

            for (int i = 0; i < from.Length; i++)
            {
                to[i] = NoData.IsMark(from[i], NoDataValue) ? 0 : Normalize(from[i], channel);
            }

            if (_ranges.Length > 0)
            {
                WarnOfOtherValues(slice, channel);
            }
        }

        return new(slice.Channels, slice.Height, slice.Width, pixels, slice.Geometry, slice.Source) { Axis = slice.Axis };
    }

    private void NormalizeByItself(ReadOnlySpan<float> from, Span<float> to, int channel)
    {
        ReadOnlySpan<float> values = NoData.Without(from, NoDataValue);
        SigmaClippedScale scale = values.IsEmpty ? default : SigmaClippedScale.Measure(values);
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = NoData.IsMark(from[i], NoDataValue) ? 0 : Normalize(scale.Apply(from[i]), channel);
        }
    }

    /// <summary>
    /// Loads a step whose slices have scales of their own. It has a name of its own, so that a version of the library that knows no such
    /// step refuses the model, and does not give all slices one scale.
    /// </summary>
    internal static class EachSliceLoader
    {
        internal const string LoaderSignature = "Consensus.NormalizeEach";

        internal static readonly ModelState State = new("NormalizeSlices", "CMLNORME", LoaderSignature);

        internal static SliceNormalizingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
            State.Load(ctx, reader => Read(env, reader, NormalizationScale.EachSlice));
    }
}
