using Consensus.ML.Cli.Records;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The record of an input that is predicted: the files of its result, and what they hold. prediction-record.schema.json describes its file.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Manifest">The SHA-256 of the manifest that it belongs to, as the manifest carries it.</param>
/// <param name="Index">The place of the input in the manifest, from 0.</param>
/// <param name="Name">The name of the case.</param>
/// <param name="Outputs">The files of its result, in the order in which they were written.</param>
/// <param name="Area">Pixels of the map above one half, as in <see cref="PredictionRecord.Area"/>.</param>
/// <param name="PhysicalArea">The same in square millimetres; null where the image does not say how large a pixel is.</param>
/// <param name="ExpectedDice">The Dice that the map expects of its own outline; null in older records.</param>
internal sealed record PredictedCase(
    int FormatVersion,
    string Manifest,
    int Index,
    string Name,
    IReadOnlyList<PredictedFile> Outputs,
    long Area,
    double? PhysicalArea,
    double? ExpectedDice = null) : ICaseRecord
{
    /// <summary>The version that this command writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;
}
