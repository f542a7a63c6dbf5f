namespace Consensus.Imaging.Metrics;

/// <summary>What distances of a case are measured in.</summary>
public enum DistanceUnit
{
    /// <summary>Pixels of the map, because the case does not say how large they are.</summary>
    Pixels,

    /// <summary>Millimetres, by the spacing of the case's image.</summary>
    Millimeters,
}
