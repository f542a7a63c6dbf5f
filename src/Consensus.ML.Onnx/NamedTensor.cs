namespace Consensus.ML.Onnx;

/// <summary>Values for an input of a graph.</summary>
/// <param name="Name">The input.</param>
/// <param name="Values">Its values.</param>
/// <param name="Shape">Its sides.</param>
internal sealed record NamedTensor(string Name, float[] Values, long[] Shape);
