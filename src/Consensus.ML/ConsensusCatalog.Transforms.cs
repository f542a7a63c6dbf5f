using System.Runtime.CompilerServices;
using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML;

// What ml.Transforms gains: steps of pipelines.
public static partial class ConsensusCatalog
{
    /// <summary>Reads image files into slices.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">
    /// Column with the paths: Text, or a vector of Text with one file a channel; null for <paramref name="outputColumnName"/>.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var images = ml.Transforms.LoadSlices("Image", "ImagePath");
    /// Slice first = images.Fit(train).Transform(train).GetColumn&lt;Slice&gt;("Image").First();
    /// </code>
    /// </example>
    public static SliceLoadingEstimator LoadSlices(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName);
    }

    /// <summary>Learns to shift and scale each channel, over the training images at their own sizes.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">Slice column; null for <paramref name="outputColumnName"/>.</param>
    /// <param name="noData">
    /// The value of pixels without data, in the units of the images; NaN for NaN, null where there are none. They are left out of mean
    /// and deviation and become the mean, while training and in predictions of the saved model. Of values beyond ±10⁹, all within a
    /// thousandth are meant.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image", noData: -1000));
    /// </code>
    /// </example>
    public static SliceNormalizingEstimator NormalizeSlices(
        this TransformsCatalog catalog, string outputColumnName, string? inputColumnName = null, float? noData = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName, noData);
    }

    /// <summary>Resizes slices to one height and width.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column: a vector of Single, channels × height × width.</param>
    /// <param name="inputColumnName">Slice column; null for <paramref name="outputColumnName"/>.</param>
    /// <param name="height">Rows, in pixels, at least 1.</param>
    /// <param name="width">Columns, in pixels, at least 1.</param>
    /// <exception cref="ArgumentException">A name is empty, or a side is below 1.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64));
    /// </code>
    /// </example>
    public static SliceResizingEstimator ResizeSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        int height,
        int width)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName, height, width);
    }

    /// <summary>
    /// Declares how training samples are varied; a trainer that follows does it, and the data itself passes through unchanged.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="columnName">Vector of Single, channels × height × width; input and output.</param>
    /// <param name="policy">The variations; null for <see cref="AugmentationPolicy.Strong"/>, a new one for the published ones.</param>
    /// <exception cref="ArgumentException">The name is empty, or a value of the policy is out of range.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong with { Mirror = MirrorAxes.Columns }))
    ///     .Append(ml.Transforms.ConsensusSegment());
    /// </code>
    /// </example>
    public static SliceAugmentingEstimator AugmentSlices(
        this TransformsCatalog catalog,
        string columnName,
        AugmentationPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), columnName, policy ?? AugmentationPolicy.Strong);
    }

    /// <summary>Brings predicted maps back to the size and place of their images.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">The maps: a vector of Single, height × width or channels × height × width.</param>
    /// <param name="imageColumnName">Slice column with the image at its own size.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var whole = ml.Transforms.RestoreSlices("FullSoftMap", "SoftMap", "Image");
    /// IDataView maps = model.Transform(test);
    /// Slice map = whole.Fit(maps).Transform(maps).GetColumn&lt;Slice&gt;("FullSoftMap").First();   // as large as its image
    /// </code>
    /// </example>
    public static SliceRestoringEstimator RestoreSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string imageColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName, imageColumnName);
    }

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
    /// <param name="seed">Seed of everything random; null for the seed of the <see cref="MLContext"/>, or 0 where it has none.</param>
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
        var options = new ConsensusSegmentationEstimator.Options
        {
            FeaturesColumnName = featuresColumnName,
            AnnotationsColumnName = annotationsColumnName,
            SoftMapColumnName = softMapColumnName,
            ConsensusMapsColumnName = consensusMapsColumnName,
            UncertaintyColumnName = uncertaintyColumnName,
            SamplesColumnName = samplesColumnName,
            Seed = seed,
        };
        options.Training = options.Training.Within(timeLimit);
        return new(catalog.Environment(), options);
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
    /// <param name="seed">Seed of everything random; null for the seed of the <see cref="MLContext"/>, or 0 where it has none.</param>
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
        var options = new UNetSegmentationEstimator.Options
        {
            FeaturesColumnName = featuresColumnName,
            AnnotationsColumnName = annotationsColumnName,
            SoftMapColumnName = softMapColumnName,
            ConsensusMapsColumnName = consensusMapsColumnName,
            UncertaintyColumnName = uncertaintyColumnName,
            SamplesColumnName = samplesColumnName,
            Seed = seed,
        };
        options.Training = options.Training.Within(timeLimit);
        return new(catalog.Environment(), options);
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
    /// Fits a pipeline to training cases, and has its trainer choose the best weights by other cases: those of patients that
    /// training does not see.
    /// </summary>
    /// <remarks>
    /// Every step is fitted to the training cases alone and transforms both; the trainer then chooses among its weights by the validation
    /// cases, in place of <see cref="Consensus.ML.Options.TrainingOptions.ValidationFraction"/> of the training cases, all of which it
    /// trains on. A <c>ValidationSet</c> among its options is not looked at.
    /// </remarks>
    /// <typeparam name="TLastTransformer">What the last step gives.</typeparam>
    /// <param name="pipeline">A pipeline with a trainer of this library in it.</param>
    /// <param name="train">The training cases.</param>
    /// <param name="validation">
    /// The cases to choose the best weights by, with the same columns. No group (<see cref="RaterCase.Group"/>) may be in both.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is no such trainer in the pipeline, or as for fitting without validation cases.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A group is in both sets, or as for fitting without validation cases; the message says which.
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
    /// A model over weights trained elsewhere: a safetensors file in the published checkpoint format (the names and shapes of the published
    /// implementation's state dict). <see cref="SegmentationTransformer.SaveCheckpoint"/> writes one.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">The checkpoint.</param>
    /// <param name="height">Rows of the slices, in pixels.</param>
    /// <param name="width">Columns of the slices, in pixels.</param>
    /// <param name="imageChannels">Channels of the slices.</param>
    /// <param name="levels">Number of levels C: the number of raters that the weights were trained on.</param>
    /// <param name="options">
    /// Network, diffusion, target, sampling, columns and device as the weights need them; null for the Paper preset.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range, or the size does not suit the network.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged or belongs to another network; the message names the file and the first weight that does not fit.
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
}
