using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Options;
using Microsoft.ML;

namespace Consensus.ML.Evaluation;

/// <summary>The columns with the masks of a structure's named raters, and how they overlap those of the raters.</summary>
internal sealed class RaterMaps
{
    private readonly (string Rater, PredictedMaps Maps)[] _raters;

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public RaterMaps(DataViewSchema schema, SegmentedStructure structure, string raterMap) =>
        _raters =
        [
            .. structure.Raters.Select(rater => (
                rater,
                new PredictedMaps(
                    schema, structure.RaterColumnName(rater, raterMap), samples: null, uncertainty: null, drawnMasks: null))),
        ];

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => _raters.SelectMany(rater => rater.Maps.Columns);

    /// <summary>
    /// A getter of the overlap of each named rater that drew a row, from the name of its case, its masks at their own size, and who drew
    /// each.
    /// </summary>
    public Func<string, RaterMasks, string[], IReadOnlyList<RaterOverlap>> Getter(DataViewRow row)
    {
        (string Rater, Func<string, PredictedMaps.Row> Map)[] getters = [.. _raters.Select(rater => (rater.Rater, rater.Maps.Getter(row)))];
        return (name, masks, drawn) =>
        [
            .. getters.Where(getter => drawn.Contains(getter.Rater, StringComparer.Ordinal))
                .Select(getter => Compare(name, getter.Rater, getter.Map(name), masks, drawn)),
        ];
    }

    private static RaterOverlap Compare(string name, string rater, PredictedMaps.Row map, RaterMasks masks, string[] drawn)
    {
        RaterMasks truth = masks.Height == map.Height && masks.Width == map.Width
            ? masks
            : !map.IsNative ? Resampling.Nearest(masks, map.Height, map.Width) : throw new InvalidDataException(
                $"Case '{name}': the masks are {masks.Height}×{masks.Width}, but the predicted map is {map.Height}×{map.Width}.");
        return RaterOverlap.Of(rater, map.SoftMap, truth, drawn);
    }
}
