namespace Consensus.ML.Evaluation;

/// <summary>Which values of a measure are good.</summary>
public enum MeasureDirection
{
    /// <summary>The higher, the better.</summary>
    HigherIsBetter,

    /// <summary>The lower, the better.</summary>
    LowerIsBetter,

    /// <summary>The nearer to zero, the better, from either side.</summary>
    NearerToZeroIsBetter,

    /// <summary>No direction: the measure describes the data, or is meant for comparison with another measure.</summary>
    Descriptive,
}
