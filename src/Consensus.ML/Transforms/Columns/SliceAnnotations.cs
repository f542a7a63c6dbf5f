using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// What travels with a slice column beside its values, in the column's annotations: what raw 0 has become (after NormalizeSlices), and how
/// the trainer is to augment (after AugmentSlices); and with predicted maps, which slices they are of and where they lie on them.
/// </summary>
internal static class SliceAnnotations
{
    private const string RawZeroKind = "Consensus.RawZero";
    private const string PolicyKind = "Consensus.AugmentationPolicy";
    private const string PlacementKind = "Consensus.MapPlacement";
    private const string PredictedFromKind = "Consensus.PredictedFrom";

    /// <summary>What raw 0 has become, one value a channel; null when nothing has changed it.</summary>
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

    /// <summary>How the trainer is to augment; null when AugmentSlices was not used.</summary>
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

    /// <summary>Where the maps of a column lie on their slices; null when nobody has said so.</summary>
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

    /// <summary>The column of the slices that a column of maps was predicted from; null where it was not.</summary>
    public static string? PredictedFrom(this DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(PredictedFromKind) is null)
        {
            return null;
        }

        ReadOnlyMemory<char> name = default;
        column.Annotations.GetValue(PredictedFromKind, ref name);
        return name.ToString();
    }

    /// <summary>The annotations of a column of predicted maps.</summary>
    /// <param name="features">The column of the slices.</param>
    /// <param name="placement">Where the maps lie on them; null where nobody has said so.</param>
    public static DataViewSchema.Annotations ForMaps(string features, MapPlacement? placement)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        ValueGetter<ReadOnlyMemory<char>> getter = (ref ReadOnlyMemory<char> value) => value = features.AsMemory();
        builder.Add(PredictedFromKind, TextDataViewType.Instance, getter);
        if (placement is not null)
        {
            Add(builder, PlacementKind, NumberDataViewType.Double,
            [
                placement.Rows.Offset, placement.Rows.Scale ?? double.NaN, placement.Columns.Offset, placement.Columns.Scale ?? double.NaN,
            ]);
        }

        return builder.ToAnnotations();
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
        policy.Deformation, policy.Contrast, policy.Brightness,
    ];

    /// <summary>The inverse of <see cref="ToArray"/>; models of before there were deformations have six numbers.</summary>
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
    };

    private static void Add<T>(DataViewSchema.Annotations.Builder builder, string kind, PrimitiveDataViewType itemType, T[] values)
    {
        ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> value) => new VBuffer<T>(values.Length, values).CopyTo(ref value);
        builder.Add(kind, new VectorDataViewType(itemType, values.Length), getter);
    }
}
