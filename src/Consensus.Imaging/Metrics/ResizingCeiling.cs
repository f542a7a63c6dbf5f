using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// What resizing leaves: the soft Dice (five thresholds) of a case's soft map with itself, after its masks were reduced to a model's size
/// and the map was brought back to the size of the masks. A model of this size learns from no more than that.
/// </summary>
/// <remarks>
/// Masks are reduced as for training (<see cref="Resampling.Nearest"/>), and their soft map is interpolated back. A model is not strictly
/// bound by the value: its levels lie between 0 and 1, so their outlines can lie between the pixels of the reduced masks.
/// </remarks>
/// <param name="Size">Rows and columns of the model's slices.</param>
/// <param name="SoftDice">The soft Dice, in [0, 1]. It is 1 if the masks have this size.</param>
public sealed record ResizingCeiling(int Size, double SoftDice)
{
    /// <summary>The sizes that are looked at: those that models usually have.</summary>
    public static IReadOnlyList<int> UsualSizes { get; } = Array.AsReadOnly([64, 96, 128, 192, 256, 384, 512]);

    /// <summary>Computes the ceiling of one case.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="size">Rows and columns of the model's slices, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1.</exception>
    public static ResizingCeiling Compute(RaterMasks masks, int size)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return new(size, Compute(masks, ConsensusLabels.SoftMap(masks), size, size));
    }

    /// <summary>The ceiling of one case for slices that need not be square.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="truth">Their soft map.</param>
    /// <param name="height">Rows of the model's slices, at least 1.</param>
    /// <param name="width">Their columns, at least 1.</param>
    internal static double Compute(RaterMasks masks, float[] truth, int height, int width)
    {
        float[] restored = new float[truth.Length];
        Resampling.UndoNearest(
            ConsensusLabels.SoftMap(Resampling.Nearest(masks, height, width)), height, width, restored, masks.Height, masks.Width);
        return Metrics.SoftDice.Mean(restored, truth, Metrics.SoftDice.FiveThresholds);
    }

    /// <summary>The ceilings to show: up to the first size that loses nothing in four decimals. Larger sizes have nothing to add.</summary>
    /// <param name="ceilings">Ceilings, the smallest size first.</param>
    public static IEnumerable<ResizingCeiling> UpToLossless(IReadOnlyList<ResizingCeiling> ceilings)
    {
        ArgumentNullException.ThrowIfNull(ceilings);
        return ceilings.Take(ceilings.TakeWhile(ceiling => ceiling.SoftDice < 0.99995).Count() + 1);
    }

    /// <summary>The means over cases, for each usual size.</summary>
    /// <param name="cases">Of each case, the ceilings of all usual sizes in order.</param>
    internal static IReadOnlyList<ResizingCeiling> Mean(IReadOnlyCollection<IReadOnlyList<ResizingCeiling>> cases) => cases.Count == 0
        ? []
        : Array.AsReadOnly([.. UsualSizes.Select((size, i) => new ResizingCeiling(size, cases.Average(one => one[i].SoftDice)))]);

    /// <summary>Computes the ceilings of one case for all usual sizes.</summary>
    internal static IReadOnlyList<ResizingCeiling> ComputeUsual(RaterMasks masks) =>
        Array.AsReadOnly([.. UsualSizes.Select(size => Compute(masks, size))]);
}
