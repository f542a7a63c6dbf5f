using System.Diagnostics;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Benchmarks;

/// <summary>A set's training cases in folds. The cases of one fold are held out, and a model is trained on the others.</summary>
/// <param name="Root">Folder of the sets, in QUBIQ's layout.</param>
/// <param name="Task">The set.</param>
internal sealed record HeldOutCases(string Root, QubiqTask Task)
{
    /// <summary>Number of folds. The case at position i, in natural order, is in fold i modulo this.</summary>
    public const int Folds = 3;

    /// <summary>Side of the resized slices, in pixels.</summary>
    public int Size { get; init; } = 64;

    private IReadOnlyList<RaterCase> Cases { get; } = QubiqDataset.List(Root, Task, QubiqSplit.Train).Cases;

    /// <summary>Trains on the cases outside a fold. Without a policy, they are varied by the default of AugmentSlices.</summary>
    /// <typeparam name="T">What the trainer makes.</typeparam>
    public TransformerChain<T> Fit<T>(MLContext ml, int fold, AugmentationPolicy? augmentation, IEstimator<T> trainer)
        where T : class, ITransformer =>
        ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", Size, Size))
            .Append(ml.Transforms.AugmentSlices("Features", augmentation))
            .Append(trainer)
            .Fit(ml.Data.LoadFromCases(Cases.Where((_, i) => i % Folds != fold)));

    /// <summary>Soft Dice (5 thresholds) of each case of a fold, in order.</summary>
    public double[] Score(MLContext ml, ITransformer model, int fold) =>
        [.. Evaluate(ml, model, fold, samples: null).Metrics.Cases.Select(one => one.SoftDice5)];

    /// <summary>Scores of the cases of a fold, and the time that drawing their maps took, including reading the images.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model; its maps are drawn once.</param>
    /// <param name="fold">The fold.</param>
    /// <param name="samples">Name of the column of sampled maps, to score them too. Null leaves them out.</param>
    public (SegmentationMetrics Metrics, TimeSpan Drawing) Evaluate(MLContext ml, ITransformer model, int fold, string? samples)
    {
        string[] drawn = samples is null ? ["SoftMap"] : ["SoftMap", samples];
        IDataView predictions = ml.Data.Cache(model.Transform(ml.Data.LoadFromCases(Cases.Where((_, i) => i % Folds == fold))), drawn);
        long before = Stopwatch.GetTimestamp();
        using (DataViewRowCursor cursor = predictions.GetRowCursor(predictions.Schema.Where(column => drawn.Contains(column.Name))))
        {
            while (cursor.MoveNext())
            {
            }
        }

        TimeSpan drawing = Stopwatch.GetElapsedTime(before);
        return (ml.Segmentation.Evaluate(predictions, samplesColumnName: samples, uncertaintyColumnName: null), drawing);
    }
}
