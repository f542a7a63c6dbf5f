using System.Globalization;
using Consensus.Imaging;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceNormalizingTransformer), null, typeof(SignatureLoadModel), "Slice normalizing",
    SliceNormalizingTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Learns to shift and scale each channel of a slice column, over the training images at their own sizes.</summary>
/// <remarks>
/// Input and output column: <see cref="Slice"/>. A channel's mean is the mean over images of the image's mean; its deviation is the mean
/// over images of the image's population standard deviation (as the published implementation of Amit et al. 2023 normalises). A channel
/// that is constant in every image is only shifted. Every image counts once, whatever its size. Pixels without data do not count. They
/// become 0, the mean.
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

    internal SliceNormalizingEstimator(IHostEnvironment environment, string output, string input, float? noData)
    {
        _environment = environment;
        _noData = noData;
        _output = ColumnContract.CheckedName(output, "The output column of NormalizeSlices");
        _input = ColumnContract.CheckedName(input, "The input column of NormalizeSlices");
    }

    /// <summary>Reads every slice once and computes the mean and deviation of each channel.</summary>
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
        double[] means = [];
        double[] deviations = [];
        int[] counts = [];
        int count = 0;
        var ranges = new List<ValueRange>();
        using DataViewRowCursor cursor = input.GetRowCursor([column]);
        Func<Slice> getter = cursor.SliceGetter(column);
        while (cursor.MoveNext())
        {
            Slice slice = getter();
            if (count++ == 0)
            {
                means = new double[slice.Channels];
                deviations = new double[slice.Channels];
                counts = new int[slice.Channels];
                ranges.AddRange(Enumerable.Repeat(ValueRange.None, slice.Channels));
            }

            SliceNormalizingTransformer.CheckSlice(slice, means.Length, _noData);
            for (int channel = 0; channel < slice.Channels; channel++)
            {
                ReadOnlySpan<float> values = WithData(SliceNormalizingTransformer.Channel(slice, channel));
                if (values.IsEmpty)
                {
                    continue;
                }

                (double mean, double deviation) = MeanAndDeviation(values);
                means[channel] += mean;
                deviations[channel] += deviation;
                counts[channel]++;
                ranges[channel] = ranges[channel].With(ValueRange.Measure(values, null));
            }
        }

        if (count == 0)
        {
            throw new InvalidDataException($"NormalizeSlices has nothing to learn from: column '{_input}' has no rows.");
        }

        for (int channel = 0; channel < means.Length; channel++)
        {
            means[channel] /= Math.Max(1, counts[channel]);
            deviations[channel] /= Math.Max(1, counts[channel]);
        }

        return new(_environment, _output, _input, means, deviations, _noData, [.. ranges]);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.RequireSlice(_input);
        return inputSchema.With(ColumnContract.SliceShape(_output));
    }

    /// <summary>The pixels that have data.</summary>
    private ReadOnlySpan<float> WithData(ReadOnlySpan<float> values) =>
        _noData is null ? values : values.ToArray().Where(value => !NoData.IsMark(value, _noData)).ToArray();

    private static (double Mean, double Deviation) MeanAndDeviation(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        // Two passes are needed: with large values such as Hounsfield units, a sum of squares would lose the precision for a narrow
        // distribution.
        double mean = sum / values.Length;
        double squares = 0;
        foreach (float value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Length));
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
    internal SliceNormalizingTransformer(
        IHostEnvironment environment, string output, string input, double[] means, double[] deviations, float? noData, ValueRange[] ranges)
        : base(environment, nameof(SliceNormalizingTransformer))
    {
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

    /// <summary>The value that is subtracted from each channel, in the units of the images.</summary>
    public IReadOnlyList<double> Means => Array.AsReadOnly(_means);

    /// <summary>
    /// The mean standard deviation of each channel, in the units of the images; a channel is divided by it unless it is 0.
    /// </summary>
    public IReadOnlyList<double> StandardDeviations => Array.AsReadOnly(_deviations);

    /// <summary>The column that it reads.</summary>
    internal string InputColumn => _input;

    /// <summary>The column that it adds.</summary>
    internal string OutputColumn => _output;

    /// <summary>The ranges of the training values, one for each channel; none in older models.</summary>
    internal IReadOnlyList<ValueRange> Ranges => _ranges;

    internal static SliceNormalizingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => State.Load(ctx, reader =>
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
        return new SliceNormalizingTransformer(env, output, input, means, deviations, noData, ranges);
    });

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

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
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

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column image = inputSchema.RequireSlice(_input);
        float[] before = image.RawZero() is { } earlier && earlier.Length == _means.Length ? earlier : new float[_means.Length];
        float[] rawZero = [.. before.Select((value, channel) => Normalize(value, channel))];
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

    private float Normalize(float value, int channel) =>
        (float)((value - _means[channel]) / (_deviations[channel] > 0 ? _deviations[channel] : 1));

    private Slice Normalize(Slice slice)
    {
        CheckSlice(slice, _means.Length, NoDataValue);
        var pixels = new float[slice.Pixels.Length];
        for (int channel = 0; channel < slice.Channels; channel++)
        {
            ReadOnlySpan<float> from = Channel(slice, channel);
            Span<float> to = pixels.AsSpan(channel * from.Length, from.Length);
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
}
