using Consensus.ML.Imaging;

namespace Consensus.ML;

/// <summary>Says that images and masks are volumes, and how they are cut: each slice becomes a case.</summary>
/// <param name="Axis">The axis that is cut, as stored: 0, 1 or 2.</param>
/// <param name="Slices">Which slices become cases.</param>
/// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
public sealed record VolumeSlicing(int Axis = SliceAddress.DefaultAxis, VolumeSlices Slices = VolumeSlices.All)
{
    /// <summary>The axis that is cut, as stored: 0, 1 or 2.</summary>
    public int Axis { get; init; } = Axis is >= 0 and <= 2 ? Axis : throw new ArgumentOutOfRangeException(nameof(Axis), Axis, "The axis must be 0, 1 or 2.");
}

/// <summary>Which slices of a volume become cases.</summary>
public enum VolumeSlices
{
    /// <summary>Every slice.</summary>
    All,

    /// <summary>Slices on which at least one rater drew. To find them, the masks are read.</summary>
    Marked,
}
