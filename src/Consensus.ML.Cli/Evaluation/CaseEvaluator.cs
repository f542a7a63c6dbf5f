using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Evaluation;
using Microsoft.ML;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Predicts and scores cases, in any number: the scores of a case do not depend on the cases beside it.</summary>
/// <param name="ml">The context of the model.</param>
/// <param name="model">The model, which samples as it shall.</param>
/// <param name="settings">How the maps are scored.</param>
internal sealed class CaseEvaluator(MLContext ml, LoadedModel model, EvaluationSettings settings)
    : ICaseScorer<EvaluationSettings, EvaluationRecord>
{
    /// <inheritdoc/>
    public EvaluationSettings Settings => settings;

    /// <summary>Scores cases, with the intervals of their means.</summary>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    public SegmentationMetrics Evaluate(IReadOnlyList<RaterCase> cases, IProgress<CaseMetrics>? progress = null) =>
        Evaluate(cases, settings.Options, progress);

    /// <inheritdoc/>
    public EvaluationRecord[] Score(IReadOnlyList<RaterCase> cases, IReadOnlyList<RecordPlace> places)
    {
        SegmentationMetrics scores = Evaluate(cases, settings.Options with { BootstrapResamples = 0 }, null);
        return
        [
            .. scores.Cases.Zip(places, (one, place) => new EvaluationRecord(
                EvaluationRecord.CurrentFormatVersion, place.Manifest, place.Index, one with { Group = place.Group })
            {
                // The last slice tells of the volume.
                Volumes = place == places[^1] ? place.WithGroup(scores.Volumes?.Cases) : null,
            }),
        ];
    }

    /// <inheritdoc/>
    public string Describe(EvaluationRecord record) => $"soft Dice {Formats.Score(record.Scores.SoftDice5)}";

    private SegmentationMetrics Evaluate(IReadOnlyList<RaterCase> cases, EvaluationOptions options, IProgress<CaseMetrics>? progress)
    {
        IDataView predicted = model.Model.Transform(ml.Data.LoadFromCases(cases));
        string column = "SoftMap";
        if (settings.Resolution.Native)
        {
            predicted = ml.Transforms.RestoreSlices("NativeSoftMap", column, "Image").Fit(predicted).Transform(predicted);
            column = "NativeSoftMap";
        }

        return ml.Segmentation.Evaluate(
            predicted, softMapColumnName: column, options: options, progress: progress, samplesColumnName: settings.SamplesColumn);
    }
}
