using System.Globalization;
using Consensus.ML.Runtime;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

public sealed partial class SegmentationCatalog
{
    /// <summary>
    /// Trains a pipeline on all folds of the data but one and scores it on that one, for each fold, as the other catalogs of ML.NET do. The rows of a case always share a fold.
    /// </summary>
    /// <remarks>
    /// Folds are trained one after another. Each result has the trained model, its scores on the fold that it did not see, that fold with the model's columns, and the fold's number from 0. The models belong to the
    /// caller, who disposes each when its scored fold is no longer read (<c>(result.Model as IDisposable)?.Dispose()</c>): reading that again samples again. When a fold fails, the models of those before are
    /// disposed here. Every case is held out once, so that <c>new SegmentationMetrics(results.SelectMany(result =&gt; result.Metrics.Cases))</c> scores the whole data.
    /// </remarks>
    /// <param name="data">The cases. Its rows must come in the same order each time.</param>
    /// <param name="estimator">A pipeline with all that is to be fitted, such as NormalizeSlices, in it: what was fitted before has seen the held-out cases.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">Text column with the names of the cases, whose rows are kept together; null when every row is a case of its own.</param>
    /// <param name="samplingKeyColumnName">Column whose equal values are kept together in place of those of the case column, such as one of patients: Text, a number or a key. Null (the default) for the case column.</param>
    /// <param name="seed">Seed of the folds (<see cref="CaseFolds"/>); null (the default) takes the <see cref="MLContext"/>'s, or 0 where that has none.</param>
    /// <param name="softMapColumnName">The prediction, as in <see cref="Evaluate"/>.</param>
    /// <param name="annotationsColumnName">The raters' masks, as in <see cref="Evaluate"/>.</param>
    /// <param name="samplesColumnName">Every sampled map, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="uncertaintyColumnName">The uncertainty, as in <see cref="Evaluate"/>; null to score without.</param>
    /// <param name="options">Thresholds, tolerance, bins and confidence intervals; null for the defaults.</param>
    /// <returns>One result a fold, in the order of the folds.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or of another type, or there are fewer cases (or keys) than folds.</exception>
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
        EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfFolds, 2);
        options ??= new();
        options.Check();
        int[] folds = AssignFolds(data, numberOfFolds, caseColumnName, samplingKeyColumnName, seed);
        using IChannel channel = _environment.Start("CrossValidate");
        var results = new List<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>>();
        try
        {
            for (int fold = 0; fold < numberOfFolds; fold++)
            {
                int held = fold;
                ITransformer model = estimator.Fit(new RowSubset(data, Array.ConvertAll(folds, other => other != held)));
                try
                {
                    IDataView scored = model.Transform(new RowSubset(data, Array.ConvertAll(folds, other => other == held)));
                    SegmentationMetrics metrics = Evaluate(scored, softMapColumnName, annotationsColumnName, caseColumnName, progress: null, samplesColumnName, uncertaintyColumnName, options);
                    channel.Info(MessageSensitivity.None, string.Create(
                        CultureInfo.InvariantCulture,
                        $"Fold {fold + 1} of {numberOfFolds}: soft Dice {metrics.SoftDice5:0.0000} (5 thresholds) on "
                        + $"{metrics.Cases.Count} cases held out"));
                    results.Add(MLNetInternals.FoldResult(model, metrics, scored, fold));
                }
                catch
                {
                    (model as IDisposable)?.Dispose();
                    throw;
                }
            }
        }
        catch
        {
            results.ForEach(result => (result.Model as IDisposable)?.Dispose());
            throw;
        }

        return results.AsReadOnly();
    }

    /// <summary>The folds that <see cref="CrossValidate"/> holds out, for each row of the data from 0: to compare several pipelines on the same ones.</summary>
    /// <param name="data">The cases; only the column with the names or keys is read.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="caseColumnName">Text column with the names of the cases; null when every row is a case of its own.</param>
    /// <param name="samplingKeyColumnName">Column whose equal values are kept together in place of those of the case column; null for the case column.</param>
    /// <param name="seed">Seed of the folds; null takes the <see cref="MLContext"/>'s, or 0 where that has none.</param>
    /// <returns>The fold of each row, from 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">A column is missing or of another type, or there are fewer cases (or keys) than folds.</exception>
    public int[] AssignFolds(IDataView data, int numberOfFolds = 5, string? caseColumnName = "Case", string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        return CaseFolds.Assign(GroupNames(data, caseColumnName, samplingKeyColumnName), numberOfFolds, seed ?? _environment.Seed() ?? 0);
    }

    private static List<string> GroupNames(IDataView data, string? caseColumn, string? keyColumn)
    {
        DataViewSchema.Column? column = keyColumn is not null
            ? data.Schema.Require(keyColumn, type => type is TextDataViewType or NumberDataViewType or KeyDataViewType, "Text, a number or a key")
            : caseColumn is not null ? data.Schema.Require(caseColumn, type => type is TextDataViewType, "Text") : null;
        using DataViewRowCursor cursor = data.GetRowCursor(new[] { column }.OfType<DataViewSchema.Column>());
        Func<string> name = column is null ? () => $"{cursor.Position}" : TextGetter(cursor, column.Value);
        var names = new List<string>();
        while (cursor.MoveNext())
        {
            names.Add(name());
        }

        return names;
    }

    /// <summary>A getter of a column's values as text, of whatever type.</summary>
    private static Func<string> TextGetter(DataViewRow row, DataViewSchema.Column column)
    {
        Func<DataViewRow, DataViewSchema.Column, Func<string>> typed = Typed<int>;
        return (Func<string>)typed.Method.GetGenericMethodDefinition().MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column])!;

        static Func<string> Typed<T>(DataViewRow row, DataViewSchema.Column column)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            return () =>
            {
                T value = default!;
                getter(ref value);
                return FormattableString.Invariant($"{value}");
            };
        }
    }
}
