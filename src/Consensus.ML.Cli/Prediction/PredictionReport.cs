namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The results of all inputs, as <c>consensus merge --json</c> writes them. prediction-report.schema.json describes its file.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="ModelSha256">The SHA-256 of the model's file.</param>
/// <param name="Settings">Everything else that decides a map.</param>
/// <param name="Cases">The results, in the order of the inputs.</param>
internal sealed record PredictionReport(
    int FormatVersion,
    string ModelSha256,
    PredictionSettings Settings,
    IReadOnlyList<PredictionReport.Result> Cases)
{
    /// <summary>The version that this command writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The result of an input.</summary>
    /// <param name="Name">The name of the case.</param>
    /// <param name="Outputs">Its files.</param>
    /// <param name="Area">Pixels of the map above one half.</param>
    /// <param name="PhysicalArea">The same in square millimetres; null where that is not known.</param>
    /// <param name="ExpectedDice">The Dice that the map expects of its own outline; null in older records.</param>
    internal sealed record Result(
        string Name,
        IReadOnlyList<PredictedFile> Outputs,
        long Area,
        double? PhysicalArea,
        double? ExpectedDice);
}
