namespace Consensus.Imaging.Metrics;

/// <summary>Which pairs within a set of masks the generalised energy distance counts.</summary>
public enum EnergyPairs
{
    /// <summary>
    /// All ordered pairs, those of a mask with itself included (a V-statistic). The distance is at least 0. With few samples it is too
    /// large: it falls as samples are added.
    /// </summary>
    All,

    /// <summary>
    /// Pairs of different masks alone (a U-statistic). The mean does not depend on the number of samples, but a single value can be below
    /// 0. There is no value for a set of one mask.
    /// </summary>
    Different,
}
