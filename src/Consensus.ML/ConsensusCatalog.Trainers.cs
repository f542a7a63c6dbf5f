using System.Runtime.CompilerServices;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML;

// Extends ml.Transforms with trainers of segmentations.
public static partial class ConsensusCatalog
{
    /// <summary>Trains a model that predicts the soft consensus map of several raters, with the Compact preset.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="featuresColumnName">Input column: a vector of Single, channels × height × width, of known size.</param>
    /// <param name="annotationsColumnName">
    /// Label column: a vector of Text (the path of each rater's mask), <see cref="RaterMasks"/>, or a vector raters × height × width.
    /// </param>
    /// <param name="softMapColumnName">Output column: the predicted share of raters, which <c>Evaluate</c> scores.</param>
    /// <param name="consensusMapsColumnName">Output column: each level of agreement.</param>
    /// <param name="uncertaintyColumnName">Output column: the standard deviation of the soft map over generations.</param>
    /// <param name="samplesColumnName">Output column: every map before averaging.</param>
    /// <param name="timeLimit">Ends training after this wall time; null for the preset's number of steps.</param>
    /// <param name="seed">Seed of all random numbers; null for the seed of the <see cref="MLContext"/>, or 0 where it has none.</param>
    /// <exception cref="ArgumentException">A name is empty or given twice, or the time is not above zero.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features"))
    ///     .Append(ml.Transforms.ConsensusSegment(timeLimit: TimeSpan.FromMinutes(15), seed: 1));
    /// using var trained = pipeline.Fit(train);
    /// </code>
    /// </example>
    public static ConsensusSegmentationEstimator ConsensusSegment(
        this TransformsCatalog catalog,
        string featuresColumnName = "Features",
        string annotationsColumnName = "AnnotationPaths",
        string softMapColumnName = "SoftMap",
        string consensusMapsColumnName = "ConsensusMaps",
        string uncertaintyColumnName = "Uncertainty",
        string samplesColumnName = SegmentationOptions.DefaultSamplesColumnName,
        TimeSpan? timeLimit = null,
        int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), WithNames<ConsensusSegmentationEstimator.Options>(
            featuresColumnName,
            annotationsColumnName,
            softMapColumnName,
            consensusMapsColumnName,
            uncertaintyColumnName,
            samplesColumnName,
            timeLimit,
            seed));
    }

    /// <summary>Trains a model that predicts the soft consensus map of several raters.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it, its value and what is allowed.</exception>
    /// <example>
    /// <code>
    /// var options = ConsensusSegmentationEstimator.Options.Compact();
    /// options.Training = options.Training with { TimeLimit = TimeSpan.FromMinutes(15) };
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features"))
    ///     .Append(ml.Transforms.ConsensusSegment(options));
    /// using var trained = pipeline.Fit(train);
    /// ml.Model.Save(trained, train.Schema, "model.zip");
    /// </code>
    /// </example>
    [OverloadResolutionPriority(1)]
    public static ConsensusSegmentationEstimator ConsensusSegment(
        this TransformsCatalog catalog,
        ConsensusSegmentationEstimator.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), options);
    }

    /// <summary>Trains a U-Net that predicts the consensus levels and the soft map in one pass, for two CPU cores.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="featuresColumnName">Input column: a vector of Single, channels × height × width, of known size.</param>
    /// <param name="annotationsColumnName">
    /// Label column: a vector of Text (the path of each rater's mask), <see cref="RaterMasks"/>, or a vector raters × height × width.
    /// </param>
    /// <param name="softMapColumnName">Output column: the predicted share of raters, which <c>Evaluate</c> scores.</param>
    /// <param name="consensusMapsColumnName">Output column: each level of agreement.</param>
    /// <param name="uncertaintyColumnName">Output column: the standard deviation of the maps.</param>
    /// <param name="samplesColumnName">Output column: every map before averaging.</param>
    /// <param name="timeLimit">Ends training after this wall time; null for the recipe's number of steps.</param>
    /// <param name="seed">Seed of all random numbers; null for the seed of the <see cref="MLContext"/>, or 0 where it has none.</param>
    /// <exception cref="ArgumentException">A name is empty or given twice, or the time is not above zero.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features"))
    ///     .Append(ml.Transforms.UNetSegment(timeLimit: TimeSpan.FromMinutes(5)));
    /// using var trained = pipeline.Fit(train);
    /// </code>
    /// </example>
    public static UNetSegmentationEstimator UNetSegment(
        this TransformsCatalog catalog,
        string featuresColumnName = "Features",
        string annotationsColumnName = "AnnotationPaths",
        string softMapColumnName = "SoftMap",
        string consensusMapsColumnName = "ConsensusMaps",
        string uncertaintyColumnName = "Uncertainty",
        string samplesColumnName = SegmentationOptions.DefaultSamplesColumnName,
        TimeSpan? timeLimit = null,
        int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), WithNames<UNetSegmentationEstimator.Options>(
            featuresColumnName,
            annotationsColumnName,
            softMapColumnName,
            consensusMapsColumnName,
            uncertaintyColumnName,
            samplesColumnName,
            timeLimit,
            seed));
    }

    /// <summary>
    /// Trains a U-Net that predicts the soft map of several raters in one pass: the baselines of the paper's Table 1, and the
    /// consensus levels directly.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it, its value and what is allowed.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features"))
    ///     .Append(ml.Transforms.UNetSegment(new() { Kind = UNetKind.Levels }));
    /// using var trained = pipeline.Fit(train);
    /// </code>
    /// </example>
    [OverloadResolutionPriority(1)]
    public static UNetSegmentationEstimator UNetSegment(this TransformsCatalog catalog, UNetSegmentationEstimator.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), options);
    }

    /// <summary>
    /// Fits a pipeline to training cases. Its trainer chooses the best weights by separate validation cases, for example of patients that
    /// are not in the training cases.
    /// </summary>
    /// <remarks>
    /// Every step is fitted to the training cases alone and transforms both sets. The trainer trains on all training cases and chooses its
    /// weights by the validation cases. It ignores <see cref="Consensus.ML.Options.TrainingOptions.ValidationFraction"/> and a
    /// <c>ValidationSet</c> in its options.
    /// </remarks>
    /// <typeparam name="TLastTransformer">The type of the last step's transformer.</typeparam>
    /// <param name="pipeline">A pipeline that contains a trainer of this library.</param>
    /// <param name="train">The training cases.</param>
    /// <param name="validation">
    /// The cases that decide which weights are best, with the same columns. No group (<see cref="RaterCase.Group"/>) may be in both.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The pipeline has no such trainer, or fitting without validation cases would throw this exception too.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A group is in both sets (the message names it), or fitting without validation cases would throw this exception too.
    /// </exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.ConsensusSegment());
    /// IDataView patientsOfTheirOwn = ml.Data.LoadFromManifest("dataset.json", split: "val");
    /// using var trained = pipeline.Fit(train, validation: patientsOfTheirOwn);
    /// </code>
    /// </example>
    public static TransformerChain<TLastTransformer> Fit<TLastTransformer>(
        this EstimatorChain<TLastTransformer> pipeline,
        IDataView train,
        IDataView validation)
        where TLastTransformer : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        return SegmentationPipelines.Trainers(pipeline).Count > 0
            ? (TransformerChain<TLastTransformer>)SegmentationPipelines.Fit(pipeline, train, validation)
            : throw new ArgumentException(
                "The pipeline has no trainer of Consensus.ML in it, so that nothing would be chosen by the validation cases.",
                nameof(pipeline));
    }

    /// <summary>
    /// Makes a model from weights that were trained elsewhere: a safetensors file in the published checkpoint format (the names and shapes
    /// of the published implementation's state dict). <see cref="SegmentationTransformer.SaveCheckpoint"/> writes one.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">The checkpoint.</param>
    /// <param name="height">Rows of the slices, in pixels.</param>
    /// <param name="width">Columns of the slices, in pixels.</param>
    /// <param name="imageChannels">Channels of the slices.</param>
    /// <param name="levels">Number of levels C: the number of raters that the weights were trained on.</param>
    /// <param name="options">
    /// The network, diffusion and target that the weights were trained with, and the sampling, columns and device; null for the Paper
    /// preset.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range, or the size does not suit the network.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged or belongs to a different network; the message names the file and the first weight that does not fit.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <example>
    /// <code>
    /// using var published = ml.Transforms.ConsensusSegmentFromCheckpoint(
    ///     "published.safetensors", height: 256, width: 256, imageChannels: 1, levels: 7);
    /// </code>
    /// </example>
    public static ConsensusSegmentationTransformer ConsensusSegmentFromCheckpoint(
        this TransformsCatalog catalog,
        string path,
        int height,
        int width,
        int imageChannels,
        int levels,
        ConsensusSegmentationEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        return ConsensusSegmentationTransformer.FromCheckpoint(
            catalog.Environment(), path, height, width, imageChannels, levels, options ?? ConsensusSegmentationEstimator.Options.Paper());
    }

    // The overloads with named columns are short for these options; everything else keeps its default.
    private static TOptions WithNames<TOptions>(
        string features,
        string annotations,
        string softMap,
        string consensusMaps,
        string uncertainty,
        string samples,
        TimeSpan? timeLimit,
        int? seed)
        where TOptions : SegmentationOptions, new()
    {
        var options = new TOptions
        {
            FeaturesColumnName = features,
            AnnotationsColumnName = annotations,
            SoftMapColumnName = softMap,
            ConsensusMapsColumnName = consensusMaps,
            UncertaintyColumnName = uncertainty,
            SamplesColumnName = samples,
            Seed = seed,
        };
        options.Training = options.Training.Within(timeLimit);
        return options;
    }
}
