using Consensus.Imaging;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>The type of a column that holds <see cref="Slice"/> values, as ImageDataViewType is that of images.</summary>
/// <remarks>Custom types are kept between transforms: ML.NET neither caches them nor stores them in a saved schema.</remarks>
public sealed class SliceDataViewType : StructuredDataViewType
{
    private SliceDataViewType()
        : base(typeof(Slice))
    {
    }

    /// <summary>The one instance.</summary>
    public static SliceDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType? other) => other is SliceDataViewType;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SliceDataViewType;

    /// <inheritdoc/>
    public override int GetHashCode() => typeof(SliceDataViewType).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => "Slice";
}

/// <summary>
/// Marks a property or field of type <see cref="Slice"/> as a slice column of a class that rows are read from or written to.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SliceTypeAttribute : DataViewTypeAttribute
{
    /// <inheritdoc/>
    public override bool Equals(DataViewTypeAttribute? other) => other is SliceTypeAttribute;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SliceTypeAttribute;

    /// <inheritdoc/>
    public override int GetHashCode() => typeof(SliceTypeAttribute).GetHashCode();

    /// <inheritdoc/>
    public override void Register() => DataViewTypeManager.Register(SliceDataViewType.Instance, typeof(Slice), this);
}
