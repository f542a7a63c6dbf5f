using Consensus.Imaging;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>How the mask that is predicted for a named rater overlaps the masks that all raters drew.</summary>
/// <param name="Rater">The name of the rater.</param>
/// <param name="Own">The place of the rater's own mask among them.</param>
/// <param name="Masks">The overlap with each of them, in pixels.</param>
internal sealed record RaterOverlap(string Rater, int Own, IReadOnlyList<Overlap> Masks)
{
    /// <summary>Compares the mask of a named rater, which is marked above one half, with the masks that the raters drew.</summary>
    /// <param name="rater">The name of the rater; one of <paramref name="names"/>.</param>
    /// <param name="map">The mask that is predicted for the rater, row by row.</param>
    /// <param name="masks">The raters' masks, of the same size.</param>
    /// <param name="names">Who drew each of them.</param>
    public static RaterOverlap Of(string rater, ReadOnlySpan<float> map, RaterMasks masks, string[] names)
    {
        var overlaps = new Overlap[masks.Raters];
        for (int mask = 0; mask < overlaps.Length; mask++)
        {
            overlaps[mask] = Overlap.Rounded(map, Values(masks.Rater(mask)));
        }

        return new(rater, Array.IndexOf(names, rater), overlaps);
    }

    /// <summary>The scores of a row, or of the slices of a volume together.</summary>
    /// <param name="name">The name of the case or the volume.</param>
    public CaseRaterScore Score(string name) => new(
        name, Rater, Masks[Own].F1,
        Masks.Where((_, mask) => mask != Own).Select(mask => mask.F1).DefaultIfEmpty(double.NaN).Average());

    /// <summary>The overlap with the same masks on this slice and on another one.</summary>
    public RaterOverlap Plus(RaterOverlap other) =>
        this with { Masks = [.. Masks.Zip(other.Masks, (one, further) => one.Plus(further))] };

    private static float[] Values(ReadOnlySpan<byte> mask)
    {
        var values = new float[mask.Length];
        for (int pixel = 0; pixel < values.Length; pixel++)
        {
            values[pixel] = mask[pixel];
        }

        return values;
    }
}
