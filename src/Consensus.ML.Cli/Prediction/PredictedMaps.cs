using Consensus.Imaging;

namespace Consensus.ML.Cli.Prediction;

/// <summary>The predicted maps of an input, at its own size.</summary>
/// <param name="Maps">The maps: one for an image, one for each slice of a volume, in order.</param>
/// <param name="Best">The map with the largest area above one half, which the picture shows.</param>
/// <param name="Shown">The slice of the image that belongs to it.</param>
internal sealed record PredictedMaps(IReadOnlyList<Slice> Maps, int Best, Slice Shown)
{
    /// <summary>Pixels above one half, in all slices.</summary>
    public long Area => Maps.Sum(map => (long)AreaOf(map));

    /// <summary>The same in square millimetres, summed over slices; null where the image does not say how large a pixel is.</summary>
    public double? PhysicalArea => Maps.All(map => map.Geometry.HasSpacing)
        ? Maps.Sum(map => AreaOf(map) * map.Geometry.SpacingRows * map.Geometry.SpacingColumns)
        : null;

    /// <summary>The Dice that the map expects of its own outline, over all slices together.</summary>
    public double ExpectedDice => Consensus.Imaging.Metrics.ExpectedDice.Compute(Maps);

    /// <summary>The pixels of a map above one half.</summary>
    public static int AreaOf(Slice map) => map.Pixels.Count(value => value > 0.5f);
}
