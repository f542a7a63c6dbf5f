using Consensus.ML.Options;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation;

/// <summary>
/// Trains a U-Net that predicts the soft map of several raters in one pass (or one for each mirror image,
/// <see cref="Consensus.ML.Options.SamplingOptions.Mirror"/>): without diffusion, hence in a fraction of the time.
/// <see cref="Options.Kind"/> says what it learns of the raters: each level of agreement, or one of the baselines that the paper compares
/// with (Amit et al. 2023, Table 1).
/// </summary>
/// <remarks>
/// <para>Input columns, as <see cref="ConsensusSegmentationEstimator"/> has them (names can be changed in <see cref="Options"/>):</para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>Features</term><description>vector of Single, channels × height × width, of known size</description></item>
/// <item><term>AnnotationPaths</term><description>the label: a vector of Text, the path of one mask a rater; or RaterMasks; or a vector
/// raters × height × width of known size. Not read by the trained model</description></item>
/// <item><term>Case, Image, ImagePath</term><description>read while training where present: names for messages, and the size that masks
/// must have</description></item>
/// <item><term>Group</term><description>read while training where present: Text, a number or a key that cases of one patient
/// share</description></item>
/// <item><term>RaterNames</term><description>read for the kind MultiHead where present: who drew each mask</description></item>
/// </list>
/// <para>
/// Output columns, where the maps that a prediction is made of are one for each level (Levels), rater (MultiHead) or pass
/// (MonteCarloDropout), and a single one of the other kinds:
/// </para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>SoftMap</term><description>vector of Single, height × width in [0, 1]: the mean of the maps, rounded before where
/// <see cref="Options.RoundMaps"/> says so</description></item>
/// <item><term>ConsensusMaps</term><description>vector of Single, levels × height × width in [0, 1]: of Levels the probability of each;
/// of MultiHead the c-th largest of the raters' maps; of the others the soft map in slabs, of which the c-th fills from (c − 1)/C to
/// c/C</description></item>
/// <item><term>Uncertainty</term><description>vector of Single, height × width of at least 0: standard deviation of the maps, 0 where
/// there is one. Of Levels and MultiHead it is how far raters are expected to differ, of MonteCarloDropout how unsure the network
/// is</description></item>
/// <item><term>Samples</term><description>vector of Single, maps × height × width in [0, 1], of variable size: the maps themselves, not
/// rounded. Those of MultiHead and MonteCarloDropout stand for what raters might draw; those of Levels are nested levels of agreement,
/// and one map alone is the share of raters</description></item>
/// </list>
/// <para>
/// Some training cases, whole groups of them, are set aside to choose the best weights by, unless there are validation cases for that;
/// other data is never read. The same seed, data and machine give the same model.
/// </para>
/// </remarks>
public sealed partial class UNetSegmentationEstimator : IEstimator<UNetSegmentationTransformer>, ISegmentationEstimator
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly Options _options;

    internal UNetSegmentationEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.Check(options);
        _ = options.StartFrom is null
            ? null
            : StartingModel.Find<UNetSegmentationTransformer>(options.StartFrom, nameof(options.StartFrom));
        _environment = environment;
        _host = environment.Register(nameof(UNetSegmentationEstimator));
        _options = options.Copy();
    }

    /// <summary>Reads all cases, trains, and returns the best model; when cancelled, the best model so far.</summary>
    /// <param name="input">The training cases.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, the slices' size does not suit the network, or the model to start from is not of this
    /// network; the message says what differs.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A case cannot be read, does not fit the others, or is a photograph that was cut or padded to its size; or the checkpoint to resume
    /// is damaged, too new, or of other data or options. The message says which, and what differs.
    /// </exception>
    /// <exception cref="IOException">The folder for checkpoints cannot be written to, or another run holds it.</exception>
    /// <exception cref="InvalidOperationException">
    /// The device asked for is not usable, the loss became NaN, or the folder for checkpoints holds some that are not to be resumed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    public UNetSegmentationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Train(input, _options.ValidationSet);
    }

    /// <summary>
    /// As <see cref="Fit(IDataView)"/>, with cases of their own to choose the best weights by: all training cases are then trained on.
    /// </summary>
    /// <param name="trainData">The training cases.</param>
    /// <param name="validationData">
    /// The others, transformed by the steps before this one as the training cases are
    /// (<see cref="ConsensusCatalog.Fit{TLastTransformer}"/> does that for a pipeline). They take the place of
    /// <see cref="Options.ValidationSet"/>.
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
    public UNetSegmentationTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(validationData);
        return Train(trainData, validationData);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => PreparedFit.OutputSchema(inputSchema, _options);

    CancellationToken ISegmentationEstimator.Cancellation => _options.Cancellation;

    ITransformer ISegmentationEstimator.FitWith(IDataView input, IDataView validation) => Fit(input, validation);

    IEstimator<ITransformer> ISegmentationEstimator.ForRun(string run, CancellationToken cancellation)
    {
        Options options = _options.Copy();
        options.Checkpoints = options.Checkpoints is { } kept ? kept with { Folder = Path.Combine(kept.Folder, run) } : null;
        options.Cancellation = cancellation;
        return new UNetSegmentationEstimator(_environment, options);
    }

    private UNetSegmentationTransformer Train(IDataView input, IDataView? validation)
    {
        using IChannel channel = _host.Start(nameof(Fit));
        using PreparedFit fit = PreparedFit.Prepare(_environment, channel, input, validation, _options);
        var manifest = new UNetManifest
        {
            Columns = ManifestColumns.Of(_options),
            Height = fit.Height,
            Width = fit.Width,
            ImageChannels = fit.ImageChannels,
            Raters = fit.Levels,
            Kind = _options.Kind,
            Rounded = _options.RoundMaps ?? (_options.Kind == UNetKind.Levels),
            PassDropout = _options.PassDropout,
            Network = fit.Network,
            Sampling = _options.Sampling,
            Seed = fit.Seed,
            Training = new(_options.Training, fit.Augmentation, new TrainingHistory(0, 0, null, 0, 0, 0, false, []))
            {
                MissingRaters = _options.MissingRaters,
                MaskOffset = MaskOffset.Mean(TrainingCase.MaskSizes(fit.Cases), fit.Height, fit.Width),
                MaskScale = MaskScale.Common(TrainingCase.MaskSizes(fit.Cases), fit.Height, fit.Width),
                VolumeAxes = fit.VolumeAxes,
            },
        };
        var trainer = new UNetTrainer(manifest.Description, _options.Training, fit.Augmentation, fit.Padding, fit.Seed, fit.Device.Device)
        {
            StartFrom = StartingModel.Weights<UNetSegmentationTransformer>(_options, manifest.Description),
            Checkpoints = fit.Checkpoints,
            Validation = fit.Validation,
        };
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_options.Cancellation);
        var progress = new ProgressRelay(_environment, _host, _options.Progress, cancellation);
        (UNetModel model, TrainingHistory history) = trainer.Train(
            fit.Cases, progress, line => channel.Info(MessageSensitivity.None, line), cancellation.Token);
        PreparedFit.Conclude(channel, _options.Training, model, history);
        return new(_environment, manifest with { Training = manifest.Training with { History = history } }, new SharedModel(model));
    }
}
