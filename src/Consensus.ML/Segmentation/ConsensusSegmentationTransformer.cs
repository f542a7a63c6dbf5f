using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ConsensusSegmentationTransformer), null, typeof(SignatureLoadModel), "Consensus segmentation",
    ConsensusSegmentationTransformer.LoaderSignature)]

namespace Consensus.ML.Segmentation;

/// <summary>
/// Predicts the soft consensus map of several raters; made by <see cref="ConsensusSegmentationEstimator"/>, whose remarks list the columns.
/// </summary>
/// <remarks>
/// Maps are sampled when a column is read, once a row. The noise of a row comes from a seed and the row's own values: the same slice
/// gives the same maps alone, in any order and on any thread. Safe for several cursors at once. Holds memory outside .NET: dispose it, or
/// the chain it is in. A prediction engine disposes its model too, unless it is made with OwnsTransformer = false.
/// </remarks>
public sealed class ConsensusSegmentationTransformer : SegmentationTransformer
{
    internal const string LoaderSignature = "Consensus.Segment";

    private static readonly ModelState FileState = new("ConsensusSegment", "CMLSEGMT", LoaderSignature);

    private readonly IHostEnvironment _environment;

    /// <param name="environment">The environment.</param>
    /// <param name="manifest">What the model is.</param>
    /// <param name="model">The weights; one use of them becomes this transformer's.</param>
    /// <param name="limits">What ends predictions; null for nothing.</param>
    internal ConsensusSegmentationTransformer(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits? limits = null)
        : base(environment, nameof(ConsensusSegmentationTransformer), manifest, model, limits)
    {
        _environment = environment;
        Manifest = manifest;
    }

    /// <summary>What the network learnt to draw.</summary>
    public TrainingTarget Target => Manifest.Target;

    /// <summary>All that is known of the model beside its weights.</summary>
    internal ModelManifest Manifest { get; }

    private protected override ModelState State => FileState;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// An option is out of range, such as more sampling steps than the model has diffusion steps.
    /// </exception>
    public override ConsensusSegmentationTransformer WithSampling(SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        OptionsCheck.Check(nameof(Sampling), sampling, Manifest.Diffusion.Steps);
        return new(_environment, Manifest with { Sampling = sampling }, Acquire(), Limits);
    }

    /// <inheritdoc/>
    public override ConsensusSegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        WithLimits(Limits with { Cancellation = cancellation });

    /// <inheritdoc/>
    public override ConsensusSegmentationTransformer WithTimeLimit(TimeSpan limit) => WithLimits(Within(limit));

    /// <summary>Every step of one generation of a slice (the paper's Figure 4).</summary>
    /// <param name="features">As in the Features column.</param>
    /// <param name="cancellation">Ends sampling.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal IReadOnlyList<TracedStep> Trace(float[] features, CancellationToken cancellation)
    {
        SharedModel model = Acquire();
        try
        {
            return model.Trace(features, Sampling, NoiseSeed.Of(Sampling.Seed ?? Manifest.Seed, features), cancellation);
        }
        finally
        {
            model.Release();
        }
    }

    /// <summary>
    /// A model over the weights of a published-format checkpoint; see <see cref="ConsensusCatalog.ConsensusSegmentFromCheckpoint"/>.
    /// </summary>
    internal static ConsensusSegmentationTransformer FromCheckpoint(
        IHostEnvironment environment,
        string path,
        int height,
        int width,
        int imageChannels,
        int raters,
        ConsensusSegmentationEstimator.Options options)
    {
        OptionsCheck.Check(options);
        SliceLimits.Check(imageChannels, height, width, raters);
        OptionsCheck.CheckSize(options.FeaturesColumnName, height, width, options.Network);
        var manifest = new ModelManifest
        {
            Columns = ManifestColumns.Of(options),
            Height = height,
            Width = width,
            ImageChannels = imageChannels,
            Raters = raters,
            Target = options.Target,
            Network = options.Network.For(height, width),
            Diffusion = options.Diffusion,
            Sampling = options.Sampling,
            Seed = options.Seed ?? environment.Seed() ?? 0,
            Training = new(options.Training, null, new TrainingHistory(0, 0, null, 0, 0, 0, false, [])),
        };
        using FileStream weights = File.OpenRead(path);
        TorchDevice device = TorchDevice.Choose(options.Device, environment.GpuDeviceId(), environment.FallbackToCpu());
        try
        {
            return new(environment, manifest, new SharedModel(ConsensusModel.Load(manifest.Description, weights, device.Device)));
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"'{path}' does not hold the weights of this network: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    internal override ConsensusSegmentationTransformer AsFirstOf(IReadOnlyList<ManifestMember> further, IReadOnlyList<byte[]> weights)
    {
        SharedModel model = Acquire();
        try
        {
            return new(
                _environment, Manifest with { FurtherMembers = further },
                new SharedModel(ConsensusModel.Load(Manifest.Description, weights, model.Device)), Limits);
        }
        finally
        {
            model.Release();
        }
    }

    internal static ConsensusSegmentationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        (ModelManifest manifest, IReadOnlyList<byte[]> weights) = ModelFile.Load(FileState, ctx, ModelManifest.FromJson);
        TorchDevice device = TorchDevice.Choose(null, env.GpuDeviceId(), env.FallbackToCpu());
        return new(env, manifest, new SharedModel(ConsensusModel.Load(manifest.Description, weights, device.Device)));
    }

    private ConsensusSegmentationTransformer WithLimits(PredictionLimits limits) => new(_environment, Manifest, Acquire(), limits);
}
