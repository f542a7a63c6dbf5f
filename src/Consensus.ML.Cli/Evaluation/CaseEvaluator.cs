using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Evaluation;
using Microsoft.ML;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Predicts and scores cases, in any number: the scores of a case do not depend on the cases beside it.</summary>
/// <param name="ml">The context of the model.</param>
/// <param name="model">The model, which samples as it shall.</param>
/// <param name="settings">How the maps are scored.</param>
internal sealed class CaseEvaluator(MLContext ml, LoadedModel model, EvaluationSettings settings)
{
    public EvaluationSettings Settings => settings;

    /// <summary>Scores cases, with the intervals of their means.</summary>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    public SegmentationMetrics Evaluate(IReadOnlyList<RaterCase> cases, IProgress<CaseMetrics>? progress = null) =>
        Evaluate(cases, settings.Options, progress);

    /// <summary>
    /// Scores a case, or the slices of a volume together. They take no group from the cases beside them (<see cref="CaseGroups"/>).
    /// </summary>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    public SegmentationMetrics Score(IReadOnlyList<RaterCase> cases) =>
        Evaluate(cases, settings.Options with { BootstrapResamples = 0 }, null);

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
