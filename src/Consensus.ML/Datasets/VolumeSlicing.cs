namespace Consensus.ML.Datasets;

/// <summary>Says that images and masks are volumes, and how they are cut: each slice becomes a case.</summary>
/// <param name="Axis">
/// The axis of the stored array that is cut: 0, 1 or 2. Null for the axis of length 1, or for the third axis of a volume.
/// </param>
/// <param name="Slices">Which slices become cases.</param>
/// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
public sealed record VolumeSlicing(int? Axis = null, VolumeSlices Slices = VolumeSlices.All)
{
    /// <summary>
    /// The axis of the stored array that is cut: 0, 1 or 2. Null for the axis of length 1, or for the third axis of a volume.
    /// </summary>
    public int? Axis { get; init; } = Axis is null or (>= 0 and <= 2)
        ? Axis
        : throw new ArgumentOutOfRangeException(nameof(Axis), Axis, "The axis must be 0, 1 or 2.");
}

/// <summary>Which slices of a volume become cases.</summary>
public enum VolumeSlices
{
    /// <summary>Every slice.</summary>
    All,

    /// <summary>Slices that at least one rater marked. The masks are read to find them.</summary>
    Marked,
}
