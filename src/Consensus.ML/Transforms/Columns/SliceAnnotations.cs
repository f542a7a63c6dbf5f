using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// The annotations of a slice column: the present value of raw 0 (after NormalizeSlices), and the augmentation policy for the trainer
/// (after AugmentSlices). The annotations of predicted maps give the column of their slices, the position of the maps on the slices, and
/// the column of the levels that a soft map is rounded from. Those of restored maps give the size that they were predicted at.
/// </summary>
internal static class SliceAnnotations
{
    private const string RawZeroKind = "Consensus.RawZero";
    private const string PolicyKind = "Consensus.AugmentationPolicy";
    private const string PlacementKind = "Consensus.MapPlacement";
    private const string PredictedFromKind = "Consensus.PredictedFrom";
    private const string RestoredFromKind = "Consensus.RestoredFrom";

    /// <summary>The present value of raw 0, one value for each channel; null when no step has changed it.</summary>
    public static float[]? RawZero(this DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(RawZeroKind) is null)
        {
            return null;
        }

        VBuffer<float> values = default;
        column.Annotations.GetValue(RawZeroKind, ref values);
        return [.. values.DenseValues()];
    }

    /// <summary>The augmentation policy for the trainer; null when AugmentSlices was not used.</summary>
    public static AugmentationPolicy? AugmentationPolicy(this DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(PolicyKind) is null)
        {
            return null;
        }

        VBuffer<double> values = default;
        column.Annotations.GetValue(PolicyKind, ref values);
        return FromArray([.. values.DenseValues()]);
    }

    /// <summary>The position of the maps of a column on their slices; null when it is not known.</summary>
    public static MapPlacement? Placement(this DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(PlacementKind) is null)
        {
            return null;
        }

        VBuffer<double> values = default;
        column.Annotations.GetValue(PlacementKind, ref values);
        double[] numbers = [.. values.DenseValues()];
        return new(new(numbers[0], Known(numbers[1])), new(numbers[2], Known(numbers[3])));

        static double? Known(double scale) => double.IsNaN(scale) ? null : scale;
    }

    /// <summary>
    /// The column of the slices that a column of maps was predicted from; null where the column does not hold predicted maps.
    /// </summary>
    public static string? PredictedFrom(this DataViewSchema.Column column) => column.Name(PredictedFromKind);

    /// <summary>The annotations of a column of predicted maps.</summary>
    /// <param name="features">The column of the slices.</param>
    /// <param name="placement">The position of the maps on the slices; null where it is not known.</param>
    /// <param name="roundedLevels">
    /// The column of the levels, if the maps are the share of levels above one half (<see cref="MapAnnotations.RoundedLevels"/>).
    /// </param>
    public static DataViewSchema.Annotations ForMaps(string features, MapPlacement? placement, string? roundedLevels = null)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        AddName(PredictedFromKind, features);
        if (roundedLevels is not null)
        {
            AddName(MapAnnotations.RoundedLevels, roundedLevels);
        }

        if (placement is not null)
        {
            Add(builder, PlacementKind, NumberDataViewType.Double,
            [
                placement.Rows.Offset, placement.Rows.Scale ?? double.NaN, placement.Columns.Offset, placement.Columns.Scale ?? double.NaN,
            ]);
        }

        return builder.ToAnnotations();

        void AddName(string kind, string name)
        {
            ValueGetter<ReadOnlyMemory<char>> getter = (ref ReadOnlyMemory<char> value) => value = name.AsMemory();
            builder.Add(kind, TextDataViewType.Instance, getter);
        }
    }

    /// <summary>
    /// The column of the levels that a soft map is the rounded share of; null where the map is of another kind, or where the data no longer
    /// has its levels.
    /// </summary>
    /// <param name="softMap">A column of height × width.</param>
    /// <param name="schema">The data that the column belongs to.</param>
    public static DataViewSchema.Column? RoundedLevels(this DataViewSchema.Column softMap, DataViewSchema schema) =>
        softMap.Type is VectorDataViewType { Dimensions: [> 0, > 0] size }
            && softMap.Name(MapAnnotations.RoundedLevels) is { } name
            && schema.GetColumnOrNull(name) is { Type: VectorDataViewType { Dimensions: [> 0, > 0, > 0] sides } type } levels
            && type.IsSingleVector()
            && sides[1..].SequenceEqual(size)
            && levels.PredictedFrom() == softMap.PredictedFrom()
            ? levels
            : null;

    /// <summary>The annotations of a column of maps that were brought back to the size of their images.</summary>
    /// <param name="height">Rows of the maps before.</param>
    /// <param name="width">Columns of the maps before.</param>
    public static DataViewSchema.Annotations ForRestored(int height, int width)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        Add(builder, RestoredFromKind, NumberDataViewType.Int32, [height, width]);
        return builder.ToAnnotations();
    }

    /// <summary>The size of the maps that a column of maps was restored from; null where it was not restored.</summary>
    public static (int Height, int Width)? RestoredFrom(this DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(RestoredFromKind) is null)
        {
            return null;
        }

        VBuffer<int> values = default;
        column.Annotations.GetValue(RestoredFromKind, ref values);
        int[] sides = [.. values.DenseValues()];
        return (sides[0], sides[1]);
    }

    public static DataViewSchema.Annotations? Create(float[]? rawZero, AugmentationPolicy? policy = null)
    {
        if (rawZero is null && policy is null)
        {
            return null;
        }

        var builder = new DataViewSchema.Annotations.Builder();
        if (rawZero is not null)
        {
            Add(builder, RawZeroKind, NumberDataViewType.Single, rawZero);
        }

        if (policy is not null)
        {
            Add(builder, PolicyKind, NumberDataViewType.Double, ToArray(policy));
        }

        return builder.ToAnnotations();
    }

    /// <summary>The policy as numbers, for annotations and for files.</summary>
    public static double[] ToArray(AugmentationPolicy policy) =>
    [
        policy.HorizontalFlip, policy.VerticalFlip, policy.RotationDegrees, policy.Translation, policy.MinimumScale, policy.MaximumScale,
        policy.Deformation, policy.Contrast, policy.Brightness, (double)policy.Padding,
        policy.AnyRotationIfUnoriented ? 1 : 0, (double)policy.Interpolation,
    ];

    /// <summary>
    /// The inverse of <see cref="ToArray"/>. Older models have six numbers, without deformation, contrast and brightness, nine, without
    /// padding and what follows, or eleven, without the interpolation.
    /// </summary>
    public static AugmentationPolicy FromArray(double[] values) => new()
    {
        HorizontalFlip = values[0],
        VerticalFlip = values[1],
        RotationDegrees = values[2],
        Translation = values[3],
        MinimumScale = values[4],
        MaximumScale = values[5],
        Deformation = values.ElementAtOrDefault(6),
        Contrast = values.ElementAtOrDefault(7),
        Brightness = values.ElementAtOrDefault(8),
        Padding = (PaddingMode)values.ElementAtOrDefault(9),
        AnyRotationIfUnoriented = values.ElementAtOrDefault(10) != 0,
        Interpolation = (InterpolationMode)values.ElementAtOrDefault(11),
    };

    private static string? Name(this DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind) is not { Type: TextDataViewType })
        {
            return null;
        }

        ReadOnlyMemory<char> name = default;
        column.Annotations.GetValue(kind, ref name);
        return name.ToString();
    }

    private static void Add<T>(DataViewSchema.Annotations.Builder builder, string kind, PrimitiveDataViewType itemType, T[] values)
    {
        ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> value) => new VBuffer<T>(values.Length, values).CopyTo(ref value);
        builder.Add(kind, new VectorDataViewType(itemType, values.Length), getter);
    }
}
