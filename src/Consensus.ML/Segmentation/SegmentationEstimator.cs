using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation;

/// <summary>Trains a segmentation by several raters. It has what all segmentation estimators of this library share.</summary>
/// <typeparam name="TTransformer">The trained model.</typeparam>
public abstract class SegmentationEstimator<TTransformer> : IEstimator<TTransformer>, ISegmentationEstimator
    where TTransformer : SegmentationTransformer
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly SegmentationOptions _options;

    private protected SegmentationEstimator(IHostEnvironment environment, string name, SegmentationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (options.StartFrom is not null)
        {
            StartingModel.Require<TTransformer>(options.StartFrom, nameof(options.StartFrom));
        }

        _environment = environment;
        _host = environment.Register(name);
        _options = options.Copy();
    }

    /// <summary>
    /// What the trainer needs and can do, in the form of ML.NET's trainers. It needs normalised values (NormalizeSlices). Its maps are
    /// shares of raters and need no calibration. It reads the data once, so a cache before it gains nothing. It can take a validation set,
    /// and it can start from a trained model (<see cref="SegmentationOptions.StartFrom"/>).
    /// </summary>
    public TrainerInfo Info { get; } = MLNetInternals.TrainerInfo(
        normalization: true, calibration: false, caching: false, validation: true, incremental: true);

    CancellationToken ISegmentationEstimator.Cancellation => _options.Cancellation;

    /// <summary>Reads all cases, trains, and returns the best model. When cancelled, it returns the best model so far.</summary>
    /// <param name="input">The training cases.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, the slices' size does not suit the network, a number format does not suit the device, or
    /// the model to start from is not of this network; the message says what differs.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A case cannot be read, does not fit the others, or is a photograph that was cut or padded when it was resized; or the checkpoint to
    /// resume from is damaged, too new, or belongs to other data or options. The message says which, and what differs.
    /// </exception>
    /// <exception cref="IOException">
    /// The folder for checkpoints cannot be written to, or another run holds it, or has taken it over from this run.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The device of the options is not usable, the loss became NaN, or the folder for checkpoints already holds checkpoints and the
    /// options do not resume them.
    /// </exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return _options.Collective.Together(() => Train(input, _options.ValidationSet));
    }

    /// <summary>
    /// Trains like <see cref="Fit(IDataView)"/>, but separate validation cases decide which weights are best. So no training case is set
    /// aside.
    /// </summary>
    /// <param name="trainData">The training cases.</param>
    /// <param name="validationData">
    /// The validation cases. The earlier steps of the pipeline must have transformed them like the training cases;
    /// <see cref="ConsensusCatalog.Fit{TLastTransformer}"/> does that for a pipeline. They replace
    /// <see cref="SegmentationOptions.ValidationSet"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// As <see cref="Fit(IDataView)"/>, or the validation cases have slices of another size.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// As <see cref="Fit(IDataView)"/>, or a group is in both sets; the message names it.
    /// </exception>
    /// <exception cref="IOException">As <see cref="Fit(IDataView)"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="Fit(IDataView)"/>.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    public TTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(validationData);
        return _options.Collective.Together(() => Train(trainData, validationData));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// It cannot list the columns of named raters (<see cref="ConsensusSegmentationEstimator.Options.NamedRaters"/>): the cases name them.
    /// </remarks>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.Require(_options.FeaturesColumnName, ColumnContract.IsSingleVector, TrainingCaseReader.ExpectedFeatures);
        IReadOnlyList<string> structures = _options.StructureNames is [] ? [""] : _options.StructureNames;
        foreach (string structure in structures)
        {
            inputSchema.RequireAnnotations(SegmentedStructure.Column(_options.AnnotationsColumnName, structure));
        }

        return inputSchema.With([.. structures.SelectMany(structure => (SchemaShape.Column[])
        [
            ColumnContract.VectorShape(SegmentedStructure.Column(_options.SoftMapColumnName, structure)),
            ColumnContract.VectorShape(SegmentedStructure.Column(_options.ConsensusMapsColumnName, structure)),
            ColumnContract.VectorShape(SegmentedStructure.Column(_options.UncertaintyColumnName, structure)),
            ColumnContract.VariableVectorShape(SegmentedStructure.Column(_options.SamplesColumnName, structure)),
        ])]);
    }

    ITransformer ISegmentationEstimator.FitWith(IDataView input, IDataView validation) => Fit(input, validation);

    IEstimator<ITransformer> ISegmentationEstimator.ForRun(string run, CancellationToken cancellation)
    {
        SegmentationOptions options = _options.Copy();
        options.Checkpoints = options.Checkpoints is { } kept ? kept with { Folder = Path.Combine(kept.Folder, run) } : null;
        options.Cancellation = cancellation;
        return WithOptions(_environment, options);
    }

    /// <summary>The same estimator with other options.</summary>
    private protected abstract IEstimator<TTransformer> WithOptions(IHostEnvironment environment, SegmentationOptions options);

    /// <summary>Trains the network that a manifest describes.</summary>
    /// <param name="manifest">The manifest; its history is empty.</param>
    /// <param name="fit">The cases, and where and how to train on them.</param>
    /// <param name="startFrom">The weights that each network begins with; null for random weights.</param>
    /// <param name="run">Where training reports its progress, and how it can be ended early.</param>
    private protected abstract (SegmentationModel Model, TrainingHistory History) Train(
        ModelManifest manifest,
        PreparedFit fit,
        IReadOnlyList<byte[]>? startFrom,
        TrainingRun run);

    /// <summary>The transformer of a trained model.</summary>
    private protected abstract TTransformer CreateTransformer(IHostEnvironment environment, ModelManifest manifest, SharedModel model);

    private TTransformer Train(IDataView input, IDataView? validation)
    {
        using IChannel channel = _host.Start(nameof(Fit));
        using PreparedFit fit = _options.Collective.Together(() => FitPreparation.Run(
            _environment, channel, input, validation, _options, StartingModel.VolumeAxes(_options.StartFrom)));
        ModelManifest manifest = _options.CreateManifest(
            fit.Shape,
            fit.Seed,
            ManifestTraining.Untrained(_options.Training) with
            {
                Augmentation = fit.Augmentation,
                MissingRaters = _options.MissingRaters,
                MaskOffset = MaskOffset.Mean(TrainingCase.MaskSizes(fit.Cases), fit.Shape.Height, fit.Shape.Width),
                MaskScale = MaskScale.Common(TrainingCase.MaskSizes(fit.Cases), fit.Shape.Height, fit.Shape.Width),
                VolumeAxes = fit.VolumeAxes,
            });
        IReadOnlyList<byte[]>? startFrom = StartingModel.Weights<TTransformer>(_options, manifest.Description);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_options.Cancellation);
        var run = new TrainingRun(
            _options.Members,
            _options.Collective,
            new ProgressRelay(_environment, _host, _options.Progress, cancellation),
            line => channel.Info(MessageSensitivity.None, line),
            cancellation.Token);
        (SegmentationModel model, TrainingHistory history) = Train(manifest, fit, startFrom, run);
        FitLog.Result(channel, fit.Training, model, history);
        ManifestTraining training = manifest.Training with { History = history };
        return CreateTransformer(
            _environment,
            manifest with { Training = training, FurtherMembers = FurtherMembers(fit.Seed, training) },
            new SharedModel(model));
    }

    /// <summary>The members after the first, trained like the first, each from its own seed; null for a single network.</summary>
    private ManifestMember[]? FurtherMembers(int seed, ManifestTraining training) => _options.Members == 1
        ? null
        :
        [
            .. Enumerable.Range(1, _options.Members - 1)
                .Select(member => new ManifestMember(SeededRandom.OfMember(seed, member), training)),
        ];
}
