namespace Consensus.ML.Studies.Running;

/// <summary>The prediction of a model for one slice.</summary>
/// <param name="SoftMap">Height × width, in [0, 1].</param>
/// <param name="Levels">Levels × height × width, in [0, 1].</param>
/// <param name="Uncertainty">Height × width, at least 0.</param>
/// <param name="Samples">
/// Any number × height × width, in [0, 1]: every map that the prediction is made of; null where the model does not give them.
/// </param>
/// <param name="Milliseconds">Wall time of the prediction, without the preparation of the slice.</param>
internal sealed record Prediction(float[] SoftMap, float[] Levels, float[] Uncertainty, float[]? Samples, double Milliseconds)
{
    /// <summary>What each named rater would draw, height × width in [0, 1]; empty where the model draws none.</summary>
    public IReadOnlyList<(string Rater, float[] Map)> RaterMaps { get; init; } = [];
}
