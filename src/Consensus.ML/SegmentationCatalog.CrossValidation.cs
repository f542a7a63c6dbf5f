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
    /// Trains a pipeline on all folds of the data but one and scores it on that one, for each fold, as the other catalogs of ML.NET do.
    /// The rows of a group (a patient, a volume, a case) always share a fold.
    /// </summary>
    /// <remarks>
    /// Folds are trained one after another. Each result has the trained model, its scores on the fold that it did not see, that fold with
    /// the model's columns, and the fold's number from 0. The models belong to the caller, who disposes each when its scored fold is no
    /// longer read (<c>(result.Model as IDisposable)?.Dispose()</c>): reading that again samples again. When a fold fails, the models of
    /// those before are disposed here. Every case is held out once, so that <c>new SegmentationMetrics(results.SelectMany(result =&gt;
    /// result.Metrics.Cases))</c> scores the whole data.
    /// <para>
    /// Where the trainer in the pipeline keeps checkpoints, those of each fold go to a folder of its own in the one it names:
    /// <c>fold-1</c>, <c>fold-2</c>, … Called again with <c>Resume</c>, folds that were trained are not trained again, and one that
    /// was interrupted goes on.
    /// </para>
    /// <para>
    /// When <paramref name="cancellation"/> or the trainer's own token is cancelled, the folds that were trained and scored by then
    /// are returned: fewer results than <paramref name="numberOfFolds"/>, with a warning in the log. The fold under way is given up,
    /// but for its checkpoint.
    /// </para>
    /// <para>
    /// The trainer sets cases aside by its own option <c>GroupColumnName</c>: give it the column of
    /// <paramref name="samplingKeyColumnName"/> too.
    /// </para>
    /// </remarks>
    /// <param name="data">The cases. Its rows must come in the same order each time.</param>
    /// <param name="estimator">
    /// A pipeline with all that is to be fitted, such as NormalizeSlices, in it: what was fitted before has seen the held-out cases.
    /// </param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">
    /// Text column with the names of the cases, whose rows are kept together where nothing else says what belongs together; null when
    /// every row is a case of its own.
    /// </param>
    /// <param name="samplingKeyColumnName">
    /// Column whose equal values are kept together and resampled together for confidence intervals, such as one of patients: Text, a
    /// number or a key. Null (the default) for the column Group, as loaders write it (<see cref="RaterCase.Group"/>); where that is
    /// missing or empty, slices of one volume (by the column ImagePath) and rows of one case are.
    /// </param>
    /// <param name="seed">
    /// Seed of the folds (<see cref="CaseFolds"/>); null (the default) takes the <see cref="MLContext"/>'s, or 0 where that has none.
    /// </param>
    /// <param name="softMapColumnName">The prediction, as in <see cref="Evaluate"/>.</param>
    /// <param name="annotationsColumnName">The raters' masks, as in <see cref="Evaluate"/>.</param>
    /// <param name="samplesColumnName">Every sampled map, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="uncertaintyColumnName">The uncertainty, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="options">Thresholds, tolerance, bins and confidence intervals; null for the defaults.</param>
    /// <param name="cancellation">Ends the cross-validation early. Default none.</param>
    /// <returns>One result a fold, in the order of the folds; fewer when it was cancelled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or of another type, or there are fewer groups than folds.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the first fold was done.</exception>
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
        int[] folds = AssignFolds(data, numberOfFolds, caseColumnName, samplingKeyColumnName, seed);
        string group = samplingKeyColumnName ?? GroupColumn.DefaultName;

        // Whoever ends a trainer ends the folds behind it too.
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
                    // A trainer that was cancelled has given its best so far, which is not what was asked for.
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

        // Sampling ends with the token; the model itself, which the caller gets, does not.
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
    /// The folds that <see cref="CrossValidate"/> holds out, for each row of the data from 0: to compare several
    /// pipelines on the same ones.
    /// </summary>
    /// <param name="data">The cases; only columns of names, keys and paths are read.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">Text column with the names of the cases; null when every row is a case of its own.</param>
    /// <param name="samplingKeyColumnName">
    /// Column whose equal values are kept together; null for the column Group, volumes and cases as in <see cref="CrossValidate"/>.
    /// </param>
    /// <param name="seed">Seed of the folds; null takes the <see cref="MLContext"/>'s, or 0 where that has none.</param>
    /// <returns>The fold of each row, from 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or of another type, or there are fewer groups than folds.</exception>
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

    private static List<string> GroupNames(IDataView data, string? caseColumn, string? keyColumn)
    {
        DataViewSchema.Column? cases = caseColumn is null || (keyColumn is not null && data.Schema.GetColumnOrNull(caseColumn) is null)
            ? null
            : data.Schema.Require(caseColumn, type => type is TextDataViewType, "Text");
        var groups = GroupColumn.Find(data.Schema, keyColumn ?? GroupColumn.DefaultName, cases);
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
