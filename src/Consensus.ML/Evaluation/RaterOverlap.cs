using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>How the mask that is predicted for a named rater overlaps the masks that all raters drew.</summary>
/// <param name="Rater">The name of the rater.</param>
/// <param name="Own">The place of the rater's own mask among them.</param>
/// <param name="Masks">The overlap with each of them, in pixels.</param>
internal sealed record RaterOverlap(string Rater, int Own, IReadOnlyList<Overlap> Masks)
{
    /// <summary>The scores of a row, or of the slices of a volume together.</summary>
    /// <param name="name">The name of the case or the volume.</param>
    public CaseRaterScore Score(string name) => new(
        name, Rater, Masks[Own].F1,
        Masks.Where((_, mask) => mask != Own).Select(mask => mask.F1).DefaultIfEmpty(double.NaN).Average());

    /// <summary>The overlap with the same masks on this slice and on another one.</summary>
    public RaterOverlap Plus(RaterOverlap other) =>
        this with { Masks = [.. Masks.Zip(other.Masks, (one, further) => one.Plus(further))] };
}
