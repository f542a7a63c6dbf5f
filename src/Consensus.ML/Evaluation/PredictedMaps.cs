using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Segmentation;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Evaluation;

/// <summary>The columns of a prediction that are scored: the soft map, and samples and uncertainty where the data has them.</summary>
internal sealed class PredictedMaps
{
    public const string DefaultSamples = ConsensusSegmentationEstimator.Options.DefaultSamplesColumnName;
    public const string DefaultUncertainty = "Uncertainty";
    public const string DefaultDrawnMasks = "DrawnMasks";

    private const string MapExpected = "a vector of Single of known dimensions height × width, or a Slice";
    private const string SamplesExpected = "a vector of Single of dimensions samples × height × width (0 for any number of samples)";

    // Rounding may bring a sampled or resized map slightly outside [0, 1], but not further.
    private const float Rounding = 1e-4f;

    private readonly DataViewSchema.Column _softMap;
    private readonly DataViewSchema.Column? _samples;
    private readonly DataViewSchema.Column? _uncertainty;
    private readonly DataViewSchema.Column? _drawnMasks;
    private readonly DataViewSchema.Column? _levels;

    /// <exception cref="ArgumentException">A column with a given name is missing or has a different type.</exception>
    public PredictedMaps(DataViewSchema schema, string softMap, string? samples, string? uncertainty, string? drawnMasks)
    {
        _softMap = schema.Require(softMap, IsMap, MapExpected);
        _levels = _softMap.RoundedLevels(schema);
        _samples = Find(samples, DefaultSamples, AreSamples, SamplesExpected);
        _uncertainty = Find(uncertainty, DefaultUncertainty, IsMap, MapExpected);
        _drawnMasks = Find(drawnMasks, DefaultDrawnMasks, AreSamples, SamplesExpected);

        DataViewSchema.Column? Find(string? name, string byDefault, Func<DataViewType, bool> allowed, string expected) =>
            name is null || (name == byDefault && schema.GetColumnOrNull(name) is null) ? null : schema.Require(name, allowed, expected);
    }

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns =>
        new[] { _softMap, _samples, _uncertainty, _drawnMasks, _levels }.OfType<DataViewSchema.Column>().DistinctBy(column => column.Index);

    /// <summary>A getter of a row's maps. Its argument is the name of the case, for messages.</summary>
    public Func<string, Row> Getter(DataViewRow row)
    {
        Func<Map> softMap = MapGetter(row, _softMap);
        Func<Map>? uncertainty = _uncertainty is { } column ? MapGetter(row, column) : null;
        Func<Map>? samples = _samples is { } vectors ? SamplesGetter(row, vectors) : null;
        Func<Map>? drawn = _drawnMasks is { } masks ? SamplesGetter(row, masks) : null;
        (int Height, int Width)? restoredFrom = _softMap.RestoredFrom();
        MapPlacement? placement = _softMap.Placement();
        ValueGetter<VBuffer<float>>? levels = _levels is { } stack ? row.GetGetter<VBuffer<float>>(stack) : null;
        VBuffer<float> vector = default;
        return caseName =>
        {
            Map map = softMap();
            Check(caseName, map, _softMap.Name);
            return new(
                map.Values, map.Height, map.Width, map.IsNative, map.Geometry, Samples(caseName, map, samples?.Invoke(), _samples),
                Uncertainty(caseName, map, uncertainty?.Invoke()), Samples(caseName, map, drawn?.Invoke(), _drawnMasks))
            {
                PredictedAt = map.IsNative ? restoredFrom : (map.Height, map.Width),
                Placement = placement,
                Levels = Levels(),
            };
        };

        float[]? Levels()
        {
            if (levels is null)
            {
                return null;
            }

            levels(ref vector);
            return Vectors.ToArray(vector);
        }
    }

    private static bool AreSamples(DataViewType type) =>
        type.IsSingleVector() && type is VectorDataViewType { Dimensions: [>= 0, > 0, > 0] };

    private static bool IsMap(DataViewType type) =>
        type is SliceDataViewType || (type.IsSingleVector() && type is VectorDataViewType { IsKnownSize: true, Dimensions.Length: 2 });

    private static void Check(string caseName, Map map, string column)
    {
        int wrong = map.Values.AsSpan().IndexOfAnyExceptInRange(-Rounding, 1 + Rounding);
        if (wrong >= 0)
        {
            int pixel = wrong % (map.Height * map.Width);
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Case '{caseName}': column '{column}' is {map.Values[wrong]} at row {pixel / map.Width}, column "
                    + $"{pixel % map.Width}; a soft map is a share of raters, from 0 to 1."));
        }
    }

    /// <summary>The samples as masks of the soft map's size; null where there are no samples.</summary>
    private static RaterMasks? Samples(string caseName, Map softMap, Map? samples, DataViewSchema.Column? column)
    {
        if (samples is null || samples.Values.Length == 0)
        {
            return null;
        }

        Check(caseName, samples, column!.Value.Name);
        int from = samples.Height * samples.Width, to = softMap.Height * softMap.Width, count = samples.Values.Length / from;
        byte[] pixels = new byte[checked(count * to)];
        for (int sample = 0; sample < count; sample++)
        {
            // Samples are resized one by one, because a sample may be a hundred times as large at the size of its image.
            ReadOnlySpan<float> values = ToSize(caseName, softMap, samples, sample, column.Value);
            for (int i = 0; i < to; i++)
            {
                pixels[(sample * to) + i] = values[i] > 0.5f ? (byte)1 : (byte)0;
            }
        }

        return new(count, softMap.Height, softMap.Width, pixels);
    }

    private float[] Uncertainty(string caseName, Map softMap, Map? uncertainty) =>
        uncertainty is null ? [] : ToSize(caseName, softMap, uncertainty, 0, _uncertainty!.Value).ToArray();

    /// <summary>
    /// Brings one of several maps to the size of the soft map. Where the soft map was brought back to its image's size, a map of the
    /// model's size is brought back in the same way.
    /// </summary>
    private static ReadOnlySpan<float> ToSize(string caseName, Map softMap, Map maps, int index, DataViewSchema.Column column)
    {
        int size = maps.Height * maps.Width;
        ReadOnlySpan<float> map = maps.Values.AsSpan(index * size, size);
        if (maps.Height == softMap.Height && maps.Width == softMap.Width)
        {
            return map;
        }

        if (!softMap.IsNative || maps.IsNative)
        {
            throw new InvalidDataException(
                $"Case '{caseName}': column '{column.Name}' is {maps.Height}×{maps.Width}, but the soft map is "
                + $"{softMap.Height}×{softMap.Width}.");
        }

        var restored = new float[softMap.Height * softMap.Width];
        Resampling.Restore(map, maps.Height, maps.Width, restored, softMap.Height, softMap.Width, column.Placement());
        return restored;
    }

    private static Func<Map> MapGetter(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType vectorType)
        {
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(column);
            VBuffer<float> vector = default;
            return () =>
            {
                getter(ref vector);
                return new(Vectors.ToArray(vector), vectorType.Dimensions[0], vectorType.Dimensions[1], IsNative: false, Geometry: null);
            };
        }

        Func<Slice> slice = row.SliceGetter(column);
        return () =>
        {
            Slice map = slice();
            return map.Channels == 1
                ? new(map.Pixels, map.Height, map.Width, IsNative: true, map.Geometry)
                : throw new InvalidDataException(
                    $"Column '{column.Name}' has {map.Channels} channels in row {row.Position}; a soft map has one.");
        };
    }

    private static Func<Map> SamplesGetter(DataViewRow row, DataViewSchema.Column column)
    {
        var type = (VectorDataViewType)column.Type;
        int height = type.Dimensions[1], width = type.Dimensions[2];
        ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(column);
        VBuffer<float> vector = default;
        return () =>
        {
            getter(ref vector);
            return vector.Length % (height * width) == 0
                ? new(Vectors.ToArray(vector), height, width, IsNative: false, Geometry: null)
                : throw new InvalidDataException(
                    $"Column '{column.Name}' has {vector.Length} values in row {row.Position}; "
                    + $"samples of {height}×{width} have a multiple of {height * width}.");
        };
    }

    /// <summary>The maps that a row predicts.</summary>
    /// <param name="SoftMap">The soft map, row by row.</param>
    /// <param name="Height">Its rows.</param>
    /// <param name="Width">Its columns.</param>
    /// <param name="IsNative">Whether the map has its image's own size.</param>
    /// <param name="Geometry">The geometry of the map; null when only its image has a geometry.</param>
    /// <param name="Samples">The samples, rounded, of the same size; null for none.</param>
    /// <param name="Uncertainty">The uncertainty, of the same size; empty for none.</param>
    /// <param name="DrawnMasks">Masks that were drawn from the soft map, of the same size; null for none.</param>
    public sealed record Row(
        float[] SoftMap,
        int Height,
        int Width,
        bool IsNative,
        SliceGeometry? Geometry,
        RaterMasks? Samples,
        float[] Uncertainty,
        RaterMasks? DrawnMasks)
    {
        /// <summary>The size at which the model predicted; null where it is not known.</summary>
        public (int Height, int Width)? PredictedAt { get; init; }

        /// <summary>The position of a map of the model's size on its slice; null where it is not known.</summary>
        public MapPlacement? Placement { get; init; }

        /// <summary>The levels, one after the other, if the soft map is the share of them above one half; null otherwise.</summary>
        public float[]? Levels { get; init; }
    }

    /// <summary>One map or several, row by row; at the image's own size when <paramref name="IsNative"/>.</summary>
    private sealed record Map(float[] Values, int Height, int Width, bool IsNative, SliceGeometry? Geometry);
}
