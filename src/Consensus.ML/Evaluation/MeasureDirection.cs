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

    /// <summary>Neither: a fact of the data, or one to be compared with another.</summary>
    Descriptive,
}
