using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.ML.Evaluation;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

public sealed partial class SegmentationCatalog
{
    /// <summary>
    /// Cross-validates a pipeline, as the other catalogs of ML.NET do: for each fold of the data, trains the pipeline on the other folds
    /// and scores it on this fold. The rows of a group (a patient, a volume, a case) are always in the same fold.
    /// </summary>
    /// <remarks>
    /// Folds are trained one after the other. Each result has the trained model, its scores on the held-out fold, that fold with the
    /// model's columns, and the number of the fold from 0. The caller owns the models and disposes each when its scored fold is no longer
    /// read (<c>(result.Model as IDisposable)?.Dispose()</c>). Reading the scored fold again samples again. If a fold fails, the models of
    /// earlier folds are disposed here. Every case is held out once, so <c>new SegmentationMetrics(results.SelectMany(result =&gt;
    /// result.Metrics.Cases))</c> scores the whole data.
    /// <para>
    /// If the trainer in the pipeline keeps checkpoints, each fold gets its own subfolder for them: <c>fold-1</c>, <c>fold-2</c>, … With
    /// <c>Resume</c>, a second call does not train finished folds again, and it continues an interrupted fold.
    /// </para>
    /// <para>
    /// When <paramref name="cancellation"/> or the trainer's own token is cancelled, only the folds that are already trained and scored are
    /// returned: fewer results than <paramref name="numberOfFolds"/>, with a warning in the log. Of the current fold, only the checkpoint
    /// is kept.
    /// </para>
    /// <para>
    /// The trainer chooses its validation cases by its own option <c>GroupColumnName</c>. Set that option to the column of
    /// <paramref name="samplingKeyColumnName"/>.
    /// </para>
    /// </remarks>
    /// <param name="data">The cases. Its rows must come in the same order each time.</param>
    /// <param name="estimator">
    /// A pipeline with every step that learns from data, such as NormalizeSlices. A step that was fitted before has already seen the
    /// held-out cases.
    /// </param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">
    /// Text column with the names of the cases. The rows of a case are kept together where no group is known. Null when every row is a
    /// separate case. With <paramref name="samplingKeyColumnName"/>, the column may be missing.
    /// </param>
    /// <param name="samplingKeyColumnName">
    /// Column of groups, such as patients: Text, a number or a key. Rows with the same value are kept together, and confidence intervals
    /// resample them together. Null (the default) for the column Group, which loaders write (<see cref="RaterCase.Group"/>). Where that
    /// column is missing or empty, slices of one volume (by the column ImagePath) and rows of one case are kept together.
    /// </param>
    /// <param name="seed">
    /// Seed of the folds (<see cref="CaseFolds"/>); null (the default) takes the <see cref="MLContext"/>'s, or 0 where that has none.
    /// </param>
    /// <param name="softMapColumnName">The prediction, as in <see cref="Evaluate"/>.</param>
    /// <param name="annotationsColumnName">The raters' masks, as in <see cref="Evaluate"/>.</param>
    /// <param name="samplesColumnName">Every sampled map, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="uncertaintyColumnName">The uncertainty, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="options">Thresholds, tolerance, bins and confidence intervals; null for the default values.</param>
    /// <param name="cancellation">Ends the cross-validation early. Default none.</param>
    /// <returns>One result for each fold, in the order of the folds; fewer if the call was cancelled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or has a different type, or there are fewer groups than folds.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the first fold was done.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.UNetSegment());
    /// foreach (var fold in ml.Segmentation.CrossValidate(train, pipeline, numberOfFolds: 5))
    /// {
    ///     Console.WriteLine($"fold {fold.Fold}: soft Dice {fold.Metrics.SoftDice5:0.000}");
    ///     ((IDisposable)fold.Model).Dispose();
    /// }
    /// </code>
    /// </example>
    public IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> CrossValidate(
        IDataView data,
        IEstimator<ITransformer> estimator,
        int numberOfFolds = 5,
        string? caseColumnName = "Case",
        string? samplingKeyColumnName = null,
        int? seed = null,
        string softMapColumnName = "SoftMap",
        string annotationsColumnName = "AnnotationPaths",
        string? samplesColumnName = PredictedMaps.DefaultSamples,
        string? uncertaintyColumnName = PredictedMaps.DefaultUncertainty,
        EvaluationOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfFolds, 2);
        options ??= new();
        options.Check();
        caseColumnName = FindCaseColumn(data.Schema, caseColumnName, samplingKeyColumnName);
        int[] folds = AssignFolds(data, numberOfFolds, caseColumnName, samplingKeyColumnName, seed);
        string group = samplingKeyColumnName ?? GroupColumn.DefaultName;

        // Cancelling a trainer also cancels the folds after it.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            [cancellation, .. SegmentationPipelines.Trainers(estimator).Select(trainer => trainer.Cancellation)]);
        using IChannel channel = _environment.Start("CrossValidate");
        var results = new List<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>>();
        try
        {
            for (int fold = 0; fold < numberOfFolds; fold++)
            {
                int held = fold;
                stop.Token.ThrowIfCancellationRequested();
                string run = string.Create(CultureInfo.InvariantCulture, $"fold-{fold + 1}");
                IEstimator<ITransformer> own = SegmentationPipelines.ReplaceTrainers(estimator, trainer => trainer.ForRun(run, stop.Token));
                ITransformer model = own.Fit(new RowSubset(data, Array.ConvertAll(folds, other => other != held)));
                try
                {
                    // A cancelled trainer returns its best weights so far. That is not a complete fold.
                    stop.Token.ThrowIfCancellationRequested();
                    var holdOut = new RowSubset(data, Array.ConvertAll(folds, other => other == held));
                    SegmentationMetrics metrics = Score(model, holdOut, stop.Token);
                    channel.Info(MessageSensitivity.None, string.Create(
                        CultureInfo.InvariantCulture,
                        $"Fold {fold + 1} of {numberOfFolds}: soft Dice {metrics.SoftDice5:0.0000} (5 thresholds) on "
                        + $"{metrics.Cases.Count} cases held out"));
                    results.Add(MLNetInternals.FoldResult(model, metrics, model.Transform(holdOut), fold));
                }
                catch
                {
                    (model as IDisposable)?.Dispose();
                    throw;
                }
            }
        }
        catch (OperationCanceledException exception) when (stop.IsCancellationRequested)
        {
            if (results.Count == 0)
            {
                throw new OperationCanceledException(
                    "Cross-validation was cancelled before its first fold was done.", exception, stop.Token);
            }

            channel.Warning(MessageSensitivity.None, $"Cross-validation was cancelled: {results.Count} of {numberOfFolds} folds are done.");
        }
        catch
        {
            results.ForEach(result => (result.Model as IDisposable)?.Dispose());
            throw;
        }

        return results.AsReadOnly();

        // Only the sampling here uses the token. The model that the caller gets does not.
        SegmentationMetrics Score(ITransformer model, IDataView holdOut, CancellationToken token)
        {
            SegmentationTransformer[] stoppable = [];
            try
            {
                ITransformer scored = PipelineSteps.TryReplace(model, (SegmentationTransformer segmentation) =>
                {
                    SegmentationTransformer changed = segmentation.WithCancellation(token);
                    stoppable = [.. stoppable, changed];
                    return changed;
                }) ?? model;
                return Evaluate(
                    scored.Transform(holdOut), softMapColumnName, annotationsColumnName, caseColumnName, progress: null, samplesColumnName,
                    uncertaintyColumnName, options, group);
            }
            finally
            {
                Array.ForEach(stoppable, changed => changed.Dispose());
            }
        }
    }

    /// <summary>
    /// Gives the fold of each row in <see cref="CrossValidate"/>, for example to compare several pipelines on the same folds.
    /// </summary>
    /// <param name="data">The cases; only columns of names, keys and paths are read.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">Text column with the names of the cases; null when every row is a separate case.</param>
    /// <param name="samplingKeyColumnName">
    /// Column of groups: rows with the same value are kept together. Null for the column Group, volumes and cases, as in
    /// <see cref="CrossValidate"/>.
    /// </param>
    /// <param name="seed">Seed of the folds; null takes the <see cref="MLContext"/>'s, or 0 where that has none.</param>
    /// <returns>The fold of each row, from 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or has a different type, or there are fewer groups than folds.</exception>
    /// <example>
    /// <code>
    /// int[] folds = ml.Segmentation.AssignFolds(train, numberOfFolds: 5);
    /// </code>
    /// </example>
    public int[] AssignFolds(
        IDataView data,
        int numberOfFolds = 5,
        string? caseColumnName = "Case",
        string? samplingKeyColumnName = null,
        int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        return CaseFolds.Assign(GroupNames(data, caseColumnName, samplingKeyColumnName), numberOfFolds, seed ?? _environment.Seed() ?? 0);
    }

    /// <summary>The column with the names of the cases; null for none. Where a column of groups is named, it may be missing.</summary>
    private static string? FindCaseColumn(DataViewSchema schema, string? caseColumn, string? keyColumn) =>
        caseColumn is not null && keyColumn is not null && schema.GetColumnOrNull(caseColumn) is null ? null : caseColumn;

    private static List<string> GroupNames(IDataView data, string? caseColumn, string? keyColumn)
    {
        DataViewSchema.Column? cases = FindCaseColumn(data.Schema, caseColumn, keyColumn) is { } name
            ? data.Schema.Require(name, type => type is TextDataViewType, "Text")
            : null;
        var groups = GroupColumn.FromSchema(data.Schema, keyColumn ?? GroupColumn.DefaultName, cases);
        using DataViewRowCursor cursor = data.GetRowCursor(groups.Columns);
        Func<GroupColumn.RowGroup> group = groups.Getter(cursor);
        var names = new List<string>();
        while (cursor.MoveNext())
        {
            names.Add(group().Name);
        }

        return names;
    }
}
