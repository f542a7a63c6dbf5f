namespace Consensus.Imaging.Metrics;

/// <summary>The unit of the distances of a case.</summary>
public enum DistanceUnit
{
    /// <summary>Pixels of the map, because the size of a pixel is not known for the case.</summary>
    Pixels,

    /// <summary>Millimetres, from the spacing of the case's image.</summary>
    Millimeters,
}
