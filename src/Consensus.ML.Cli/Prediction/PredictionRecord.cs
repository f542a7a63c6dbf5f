using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Prediction;

/// <summary>A line of the log of <c>consensus predict</c>: how an input ended. Its schema is prediction-log.schema.json.</summary>
/// <param name="FormatVersion">Always 1.</param>
/// <param name="Case">The name of the case.</param>
/// <param name="Inputs">The image, or a file for each channel, as they were given.</param>
/// <param name="Outputs">The files of its result; none where it failed.</param>
/// <param name="Seconds">The time that reading, predicting and writing took.</param>
/// <param name="Area">
/// Pixels of the map above one half, in all slices of a volume, and of several structures those of the first; null where nothing was
/// predicted now.
/// </param>
/// <param name="PhysicalArea">The same in square millimetres; null where the image does not say how large a pixel is.</param>
/// <param name="ExpectedDice">
/// The Dice that the map expects of its own outline, in [0, 1], as for <paramref name="Area"/>; null where nothing was predicted now.
/// </param>
/// <param name="Status">ok, skipped or failed.</param>
/// <param name="Message">Why it failed; null otherwise.</param>
internal sealed record PredictionRecord(
    int FormatVersion,
    string Case,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    double Seconds,
    long? Area,
    double? PhysicalArea,
    double? ExpectedDice,
    string Status,
    string? Message)
{
    public static PredictionRecord Ok(
        RaterCase input,
        IReadOnlyList<string> outputs,
        TimeSpan time,
        IReadOnlyList<PredictedStructure> maps) =>
        new(
            1, input.Name, input.ImagePaths, outputs, Rounded(time), maps[0].Soft.Area, maps[0].Soft.PhysicalArea,
            maps[0].Soft.ExpectedDice, "ok", null);

    public static PredictionRecord Skipped(RaterCase input, IReadOnlyList<string> outputs) =>
        new(1, input.Name, input.ImagePaths, outputs, 0, null, null, null, "skipped", null);

    public static PredictionRecord Failed(RaterCase input, TimeSpan time, string message) =>
        new(1, input.Name, input.ImagePaths, [], Rounded(time), null, null, null, "failed", message);

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}
