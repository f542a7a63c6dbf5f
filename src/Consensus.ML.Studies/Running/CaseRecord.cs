using System.Text.Json.Serialization;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// The scores of one model on one held-out case, as a file of the run keeps them. The maps are in a picture beside it
/// (<see cref="StoredMaps"/>).
/// </summary>
/// <param name="Case">The case's name.</param>
/// <param name="Height">Rows of the maps that were compared.</param>
/// <param name="Width">Columns of the maps.</param>
/// <param name="Raters">How many raters the true soft map is made of.</param>
/// <param name="PredictionMs">Wall time in ms in which the model made the maps from the prepared slice.</param>
/// <param name="DistanceUnit">
/// The unit of distances among the scores: mm where the image says how large a pixel is, otherwise px, the pixels of the map.
/// </param>
/// <param name="Scores">Every score by name, as in the table of <see cref="SegmentationMetrics.ToDataFrame"/>.</param>
/// <param name="Generations">The score after 1, 2, 3, … generations; empty for methods that do not sample.</param>
internal sealed record CaseRecord(
    string Case,
    int Height,
    int Width,
    int Raters,
    double PredictionMs,
    string DistanceUnit,
    IReadOnlyDictionary<string, double> Scores,
    IReadOnlyList<GenerationRecord> Generations)
{
    /// <summary>The scores against each rater's own mask; empty in records of earlier versions.</summary>
    public IReadOnlyList<RaterScore> OfRaters { get; init; } = [];

    /// <summary>The masks that the model draws for named raters, against the raters' own; null where it draws none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RaterMapRecord>? RaterMaps { get; init; }

    /// <summary>
    /// The scores of the volume of which the case is the last slice; null for any other case, and where no volume has several slices.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VolumeRecord? Volume { get; init; }
}

/// <summary>How near the mask that a model draws for a named rater is to the raters' masks.</summary>
/// <param name="Rater">The rater's name.</param>
/// <param name="Dice">Dice of the drawn mask and the rater's own.</param>
/// <param name="DiceWithOthers">The same with the masks of the other raters, averaged over them; NaN where there are none.</param>
internal sealed record RaterMapRecord(string Rater, double Dice, double DiceWithOthers);

/// <summary>The soft Dice (5 thresholds) of the mean over the first generations of one long sampling.</summary>
internal sealed record GenerationRecord(int Generations, double SoftDice5);
