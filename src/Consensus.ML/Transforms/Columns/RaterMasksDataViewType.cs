using Consensus.Imaging;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>The type of a column that holds <see cref="RaterMasks"/> values.</summary>
/// <remarks>Custom types are kept between transforms: ML.NET neither caches them nor stores them in a saved schema.</remarks>
public sealed class RaterMasksDataViewType : StructuredDataViewType
{
    private RaterMasksDataViewType()
        : base(typeof(RaterMasks))
    {
    }

    /// <summary>The one instance.</summary>
    public static RaterMasksDataViewType Instance { get; } = new();

    /// <inheritdoc/>
    public override bool Equals(DataViewType? other) => other is RaterMasksDataViewType;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RaterMasksDataViewType;

    /// <inheritdoc/>
    public override int GetHashCode() => typeof(RaterMasksDataViewType).GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => "RaterMasks";
}

/// <summary>
/// Marks a property or field of type <see cref="RaterMasks"/> as a column of masks of a class that rows are read from or written to.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class RaterMasksTypeAttribute : DataViewTypeAttribute
{
    /// <inheritdoc/>
    public override bool Equals(DataViewTypeAttribute? other) => other is RaterMasksTypeAttribute;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RaterMasksTypeAttribute;

    /// <inheritdoc/>
    public override int GetHashCode() => typeof(RaterMasksTypeAttribute).GetHashCode();

    /// <inheritdoc/>
    public override void Register() => DataViewTypeManager.Register(RaterMasksDataViewType.Instance, typeof(RaterMasks), this);
}
