using System.Text.Json.Serialization;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Records;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Everything but the cases that decides an evaluation: what the report says about it.</summary>
/// <param name="Task">The name of the set.</param>
/// <param name="Split">The name of the split.</param>
/// <param name="Resolution">The size at which maps and masks are compared.</param>
/// <param name="Model">The model.</param>
/// <param name="Sampling">How it samples.</param>
/// <param name="SamplingText">The same for people.</param>
/// <param name="Options">The options of the scores.</param>
/// <param name="Versions">The software.</param>
/// <param name="DrawnMasks">The masks that are drawn from each soft map; null where the model draws none.</param>
/// <param name="ScoresDrawn">Whether they take the place of the model's own samples.</param>
internal sealed record EvaluationSettings(
    string Task,
    string Split,
    EvaluationReport.ResolutionDescription Resolution,
    ModelDescription Model,
    SamplingDescription Sampling,
    string SamplingText,
    EvaluationOptions Options,
    VersionDescription Versions,
    EvaluationReport.DrawnMasksDescription? DrawnMasks = null,
    bool ScoresDrawn = false) : IRecordSettings
{
    /// <summary>The value of <see cref="Samples"/> for nested levels of agreement, which are not masks that a rater would draw.</summary>
    public const string Levels = "levels";

    /// <inheritdoc/>
    public static string Kind => "evaluation";

    /// <inheritdoc/>
    public static int ManifestVersion => 1;

    /// <summary>
    /// What the samples are: drawn-masks, or, by what the model has learned, levels (of agreement, nested), soft-maps, or masks.
    /// </summary>
    [JsonIgnore]
    public string Samples => ScoresDrawn
        ? "drawn-masks"
        : Model.Target is "consensus" or "levels" ? Levels : Model.Target is "soft-label" ? "soft-maps" : "masks";

    /// <summary>The column of the samples, as it is called without a structure.</summary>
    [JsonIgnore]
    public string SamplesColumn => ScoresDrawn ? LoadedModel.DrawnMasks : "Samples";

    public static EvaluationSettings Create(
        LoadedModel loaded,
        EvaluationOptions options,
        CaseSource source,
        bool native,
        bool scoresDrawn)
    {
        SegmentationTransformer model = loaded.Segmentation;
        return new(
            source.Name,
            source.Split,
            native ? new(true, null, null) : new(false, model.Height, model.Width),
            ModelDescription.Of(model),
            SamplingDescription.Of(model),
            Formats.Describe(model),
            options,
            VersionDescription.OfThisProcess(),
            Describe(loaded, model.Structures[0]),
            scoresDrawn);
    }

    /// <summary>The masks that a model draws of a structure; null for none.</summary>
    public static EvaluationReport.DrawnMasksDescription? Describe(LoadedModel model, SegmentedStructure structure) =>
        model.Drawing(structure) is { } drawing
            ? new(drawing.Count, drawing.Behavior.Correlation, drawing.Behavior.Length, drawing.Seed)
            : null;
}
