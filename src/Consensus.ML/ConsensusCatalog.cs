using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Consensus.ML.Transforms;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

/// <summary>What Consensus.ML adds to an <see cref="MLContext"/> and to trained models.</summary>
public static class ConsensusCatalog
{
    /// <summary>Lists the cases of one task of a QUBIQ folder.</summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, here the case's name), ImagePath (Text), AnnotationPaths (vector of Text, one path a rater),
    /// RaterNames (vector of Text, the masks' numbers), cases in numeric order. Files are not read here. A warning in the ML.NET log
    /// names each case that is left out, or that is kept though it has another number of masks than the task.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="root">The folder that holds the set's folder, or is it.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">Training or validation cases.</param>
    /// <param name="missingRaters">
    /// Whether a case with another number of masks than the task is left out, as the paper does, or kept.
    /// </param>
    /// <exception cref="IOException">The folder is missing or holds no case of the task; the message names it.</exception>
    public static IDataView LoadFromQubiq(
        this DataOperationsCatalog catalog,
        string root,
        QubiqTask task,
        QubiqSplit split,
        MissingRaters missingRaters = MissingRaters.Drop)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(task);
        return Load(catalog, QubiqDataset.List(root, task, split, missingRaters), nameof(LoadFromQubiq));
    }

    /// <summary>
    /// Lists the cases of a set that a manifest describes (<see cref="DatasetManifest"/>; data-schemas/dataset.schema.json).
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has several
    /// files, one a channel), AnnotationPaths (vector of Text, one path a rater) and RaterNames (vector of Text, who drew each), in the
    /// manifest's order. Files are not read here, but for the headers of volumes that are cut into slices. A warning in the ML.NET log
    /// names each case that is left out for its number of masks (<see cref="DatasetManifest.MissingRaters"/>).
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">The manifest, usually called <c>dataset.json</c>.</param>
    /// <param name="split">The split, as the manifest calls it; null for all cases.</param>
    /// <exception cref="ArgumentException">There is no such split; the message lists those there are.</exception>
    /// <exception cref="FileNotFoundException">The manifest does not exist.</exception>
    /// <exception cref="InvalidDataException">It has a mistake, or no case of it can be used; the message says where and why.</exception>
    /// <exception cref="IOException">It, or a volume, cannot be opened.</exception>
    public static IDataView LoadFromManifest(this DataOperationsCatalog catalog, string path, string? split = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Load(catalog, DatasetManifest.Read(path).List(split), nameof(LoadFromManifest));
    }

    /// <summary>Cases from a table with one column of mask paths for each rater, as <c>DataFrame.LoadCsv</c> reads it.</summary>
    /// <remarks>
    /// Columns: Case, Group, ImagePath, AnnotationPaths and RaterNames as from <see cref="LoadFromCases"/>; the raters are called as
    /// their columns. Files are not read here. A data frame that has these columns itself, the vectors as
    /// <c>VBufferDataFrameColumn&lt;ReadOnlyMemory&lt;char&gt;&gt;</c>, needs no loading: it is a data view.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="frame">The table: a row a case. It is read at once.</param>
    /// <param name="raterColumns">
    /// The columns with the paths of the masks, in the order of the raters. An empty cell is a rater who did not draw the case.
    /// </param>
    /// <param name="caseColumn">The column with the names of the cases.</param>
    /// <param name="imageColumns">The columns with the paths of the images, one a channel; null for one called ImagePath.</param>
    /// <param name="folder">The folder that relative paths start from; null for the current one.</param>
    /// <param name="groupColumn">
    /// The column that says which cases belong together, such as that of the patients (<see cref="RaterCase.Group"/>; an empty cell: to
    /// no other). Null for none.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is no such column, the message lists those there are; or a rater is given twice.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A row has no name or no image, or a name that holds a control character; the message names it.
    /// </exception>
    public static IDataView LoadFromDataFrame(
        this DataOperationsCatalog catalog,
        DataFrame frame,
        IReadOnlyList<string> raterColumns,
        string caseColumn = "Case",
        IReadOnlyList<string>? imageColumns = null,
        string? folder = null,
        string? groupColumn = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(raterColumns);
        ArgumentException.ThrowIfNullOrEmpty(caseColumn);
        return CaseRows.Load(
            catalog, [.. FrameCases.Read(frame, caseColumn, groupColumn, imageColumns ?? ["ImagePath"], raterColumns, folder ?? "")]);
    }

    /// <summary>
    /// Cases that a program has put together itself, as rows: one image and its masks each, from any place and in any format that is read.
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has
    /// several files, one a channel), AnnotationPaths (vector of Text, one path a rater) and RaterNames (vector of Text, who drew
    /// each). Files are not read here.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="cases">The cases; their order is kept.</param>
    /// <exception cref="InvalidDataException">
    /// The name of a case or of a rater holds a control character or half a character; the message shows it.
    /// </exception>
    public static IDataView LoadFromCases(this DataOperationsCatalog catalog, IEnumerable<RaterCase> cases)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(cases);
        return CaseRows.Load(catalog, [.. cases]);
    }

    /// <summary>The slices of a volume as rows, for a trained model to predict.</summary>
    /// <remarks>
    /// Columns: Case (Text, the file's name and the slice's number), Group (Text, the volume's path) and ImagePath (Text, a
    /// <see cref="SliceAddress"/>), in the order of the slices. The header is read here, the values when the rows are; rows read in turn
    /// do not unpack the volume each time. <see cref="NiftiFile.WriteVolume"/> puts predicted slices back into a volume.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">A NIfTI volume: X×Y×Z, with up to <see cref="NiftiFile.MaximumChannels"/> channels on one further axis.</param>
    /// <param name="axis">
    /// The axis that is cut: 0, 1 or 2 of the stored array; the other two become rows and columns. Null for the one of length 1, and of a
    /// volume for the third. A model that was trained on volumes wants theirs (<see cref="SegmentationTransformer.VolumeAxes"/>), and
    /// refuses slices along another.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file or cannot be cut into slices; the message names it and says why.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static IDataView LoadFromVolume(this DataOperationsCatalog catalog, string path, int? axis = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CaseRows.Load(catalog, NiftiFile.ListSlices(path, axis));
    }

    /// <summary>Reads image files into slices.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">
    /// Column with the paths: Text, or a vector of Text with one file a channel; null for <paramref name="outputColumnName"/>.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
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
    public static SliceRestoringEstimator RestoreSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string imageColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName, imageColumnName);
    }

    /// <summary>Trains a model that predicts the soft consensus map of several raters.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options; null for the Compact preset.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it, its value and what is allowed.</exception>
    public static ConsensusSegmentationEstimator ConsensusSegment(
        this TransformsCatalog catalog,
        ConsensusSegmentationEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), options ?? new ConsensusSegmentationEstimator.Options());
    }

    /// <summary>
    /// Trains a U-Net that predicts the soft map of several raters in one pass: the baselines of the paper's Table 1, and the
    /// consensus levels directly.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options; null for the consensus levels with a recipe for two CPU cores.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it, its value and what is allowed.</exception>
    public static UNetSegmentationEstimator UNetSegment(this TransformsCatalog catalog, UNetSegmentationEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), options ?? new UNetSegmentationEstimator.Options());
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
    public static TransformerChain<TLastTransformer> Fit<TLastTransformer>(
        this EstimatorChain<TLastTransformer> pipeline,
        IDataView train,
        IDataView validation)
        where TLastTransformer : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        return Pipelines.Trainers(pipeline).Count > 0
            ? (TransformerChain<TLastTransformer>)Pipelines.Fit(pipeline, train, validation)
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
    /// <param name="raters">Number of raters C.</param>
    /// <param name="options">
    /// Network, diffusion, target, sampling, columns and device as the weights need them; null for the Paper preset.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range, or the size does not suit the network.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged or belongs to another network; the message names the file and the first weight that does not fit.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ConsensusSegmentationTransformer ConsensusSegmentFromCheckpoint(
        this TransformsCatalog catalog,
        string path,
        int height,
        int width,
        int imageChannels,
        int raters,
        ConsensusSegmentationEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(raters, 1);
        return ConsensusSegmentationTransformer.FromCheckpoint(
            catalog.Environment(), path, height, width, imageChannels, raters, options ?? ConsensusSegmentationEstimator.Options.Paper());
    }

    /// <summary>A trained model that shares the weights but samples differently: nothing is trained again.</summary>
    /// <remarks>
    /// Chains are searched to any depth; their other steps are shared as they are. Dispose both models; the weights go with the last.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it, or an option is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ITransformer WithSampling(this ITransformer model, SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sampling);
        return Pipelines.Changed(model, segmentation => segmentation.WithSampling(sampling));
    }

    /// <summary>
    /// A trained model that shares the weights, and whose predictions end when <paramref name="cancellation"/> is cancelled.
    /// </summary>
    /// <remarks>
    /// A prediction under way, or waiting for its turn behind others, then throws <see cref="OperationCanceledException"/> within a pass
    /// of the network; the model it shares its weights with is not touched. Made in no time, so that each request of a server can have
    /// its own. Chains and disposal as for <see cref="WithSampling"/>. The token is not saved with the model.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="cancellation">Ends predictions.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ITransformer WithCancellation(this ITransformer model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Pipelines.Changed(model, segmentation => segmentation.WithCancellation(cancellation));
    }

    /// <summary>A trained model that shares the weights, and whose predictions take no longer than <paramref name="limit"/> each.</summary>
    /// <remarks>
    /// What takes longer, the wait for other predictions included, throws <see cref="TimeoutException"/> within a pass of the
    /// network. It suits prediction engines, which take no token. Chains and disposal as for <see cref="WithSampling"/>. The limit is
    /// not saved with the model.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="limit">The most that the maps of one slice may take; above zero, at most 24 days.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it, or the limit is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ITransformer WithTimeLimit(this ITransformer model, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Pipelines.Changed(model, segmentation => segmentation.WithTimeLimit(limit));
    }

    extension(MLContext context)
    {
        /// <summary>Tasks on segmentations, beside ML.NET's own <c>BinaryClassification</c>, <c>Regression</c> and so on.</summary>
        public SegmentationCatalog Segmentation => new(context.Environment());
    }

    private static IDataView Load(DataOperationsCatalog catalog, CaseListing listing, string caller)
    {
        using (IChannel channel = catalog.Environment().Register(caller).Start("List"))
        {
            foreach (string warning in listing.Warnings)
            {
                channel.Warning(MessageSensitivity.UserData, warning);
            }
        }

        return CaseRows.Load(catalog, listing.Cases);
    }
}
