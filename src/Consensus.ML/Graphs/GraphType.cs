namespace Consensus.ML.Graphs;

/// <summary>Types of the elements of a tensor, with their numbers in ONNX.</summary>
internal enum GraphType
{
    /// <summary>float32.</summary>
    Single = 1,

    /// <summary>int64.</summary>
    Int64 = 7,

    /// <summary>Truth values.</summary>
    Boolean = 9,

    /// <summary>float64.</summary>
    Double = 11,
}
