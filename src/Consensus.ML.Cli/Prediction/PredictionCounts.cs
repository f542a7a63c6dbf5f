namespace Consensus.ML.Cli.Prediction;

/// <summary>How many inputs ended in which way.</summary>
/// <param name="Predicted">Predicted and written.</param>
/// <param name="Skipped">Left alone, because their results were there already.</param>
/// <param name="Failed">Not predicted, because of an error that was reported.</param>
internal readonly record struct PredictionCounts(int Predicted, int Skipped, int Failed)
{
    public int Total => Predicted + Skipped + Failed;

    public override string ToString() => $"{Predicted} predicted, {Skipped} skipped, {Failed} failed";
}
