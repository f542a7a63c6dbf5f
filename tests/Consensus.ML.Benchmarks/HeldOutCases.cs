using Consensus.ML.Imaging;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Benchmarks;

/// <summary>A set's training cases in folds: those of a fold are held out, and a model is trained on the others.</summary>
/// <param name="Root">Folder of the sets, in QUBIQ's layout.</param>
/// <param name="Task">The set.</param>
internal sealed record HeldOutCases(string Root, QubiqTask Task)
{
    /// <summary>Number of folds; the case at position i, in natural order, is in fold i modulo this.</summary>
    public const int Folds = 3;

    /// <summary>Side that slices are resized to, in pixels.</summary>
    public int Size { get; init; } = 64;

    private IReadOnlyList<RaterCase> Cases { get; } = QubiqDataset.List(Root, Task, QubiqSplit.Train).Cases;

    /// <summary>Trains on what is not in a fold; without a policy, varied as AugmentSlices does by itself.</summary>
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
        [.. ml.Segmentation.Evaluate(model.Transform(ml.Data.LoadFromCases(Cases.Where((_, i) => i % Folds == fold))), samplesColumnName: null, uncertaintyColumnName: null).Cases.Select(one => one.SoftDice5)];
}
