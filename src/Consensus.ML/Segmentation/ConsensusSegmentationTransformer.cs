using System.Diagnostics.CodeAnalysis;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(ConsensusSegmentationTransformer), null, typeof(SignatureLoadModel), "Consensus segmentation",
    ConsensusSegmentationTransformer.LoaderSignature)]

namespace Consensus.ML.Segmentation;

/// <summary>
/// Predicts the soft consensus map of several raters. <see cref="ConsensusSegmentationEstimator"/> makes it; its remarks list the columns.
/// </summary>
/// <remarks>
/// Maps are sampled when a column is read, once for each row. The noise of a row comes from a seed and from the row's own values. So the
/// same slice always gives the same maps: alone or among others, in any order and on any thread. Several cursors may use the transformer
/// at the same time. It holds memory outside .NET: dispose it, or the chain that contains it. A prediction engine disposes its model too,
/// unless the engine is made with OwnsTransformer = false.
/// </remarks>
public sealed class ConsensusSegmentationTransformer : SegmentationTransformer
{
    internal const string LoaderSignature = "Consensus.Segment";

    private static readonly ModelState FileState = new("ConsensusSegment", "CMLSEGMT", LoaderSignature);

    /// <param name="environment">The environment.</param>
    /// <param name="manifest">The manifest of the model.</param>
    /// <param name="model">The weights. The caller has acquired them, and this transformer releases them.</param>
    /// <param name="limits">The limits of predictions; null for no limits.</param>
    internal ConsensusSegmentationTransformer(
        IHostEnvironment environment,
        DiffusionManifest manifest,
        SharedModel model,
        PredictionLimits? limits = null)
        : base(environment, nameof(ConsensusSegmentationTransformer), manifest, model, limits)
    {
    }

    /// <summary>What the network learnt to draw.</summary>
    public TrainingTarget Target => Manifest.Target;

    /// <summary>The diffusion process that the network was trained for.</summary>
    public DiffusionOptions Diffusion => Manifest.Diffusion;

    internal override DiffusionManifest Manifest => (DiffusionManifest)base.Manifest;

    private protected override ModelState State => FileState;

    private protected override int MapsOfGeneration => Levels;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// An option is out of range, such as more sampling steps than the model has diffusion steps.
    /// </exception>
    public override ConsensusSegmentationTransformer WithSampling(SamplingOptions sampling) =>
        (ConsensusSegmentationTransformer)base.WithSampling(sampling);

    /// <inheritdoc/>
    public override ConsensusSegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        (ConsensusSegmentationTransformer)base.WithCancellation(cancellation);

    /// <inheritdoc/>
    public override ConsensusSegmentationTransformer WithTimeLimit(TimeSpan limit) =>
        (ConsensusSegmentationTransformer)base.WithTimeLimit(limit);

    /// <summary>
    /// Samples one generation of a slice and returns the maps of every step, from pure noise to the final maps (the paper's Figure 4). An
    /// ensemble samples with its first member.
    /// </summary>
    /// <param name="features">The slice: the values of a row of the Features column, channels × height × width.</param>
    /// <param name="cancellation">Ends sampling.</param>
    /// <returns>The steps in order: as many as <see cref="SamplingOptions.Steps"/> asks for.</returns>
    /// <exception cref="ArgumentException">The slice has another number of values than the model needs.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">Sampling was cancelled.</exception>
    [Experimental("CONSENSUS001")]
    public IReadOnlyList<SamplingStep> TraceSampling(float[] features, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Length != ImageChannels * Height * Width)
        {
            throw new ArgumentException(
                $"The slice has {features.Length} values; the model needs {ImageChannels}×{Height}×{Width}.", nameof(features));
        }

        SharedModel model = Acquire();
        try
        {
            return
            [
                .. model.Trace(features, Sampling, NoiseSeed.Compute(Sampling.Seed ?? Manifest.Seed, features), cancellation)
                    .Select(step => new SamplingStep(step.Time, FromNetwork(step.Current), FromNetwork(step.Start))),
            ];
        }
        finally
        {
            model.Release();
        }

        // The network works with maps in [-1, 1].
        static float[] FromNetwork(float[] maps) => [.. maps.Select(value => (value + 1) / 2)];
    }

    /// <summary>
    /// Makes a model from the weights of a checkpoint in the published format; see
    /// <see cref="ConsensusCatalog.ConsensusSegmentFromCheckpoint"/>.
    /// </summary>
    internal static ConsensusSegmentationTransformer FromCheckpoint(
        IHostEnvironment environment,
        string path,
        int height,
        int width,
        int imageChannels,
        int levels,
        ConsensusSegmentationEstimator.Options options)
    {
        OptionsCheck.Check(options);
        SliceLimits.Check(imageChannels, height, width, levels);
        NetworkCheck.CheckSize(options.FeaturesColumnName, height, width, options.Network);
        DiffusionManifest manifest = options.CreateManifest(
            new(height, width, imageChannels, levels, options.Network.For(height, width)),
            options.Seed ?? environment.Seed() ?? 0,
            ManifestTraining.Untrained(options.Training));
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

    internal static ConsensusSegmentationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        (DiffusionManifest manifest, SharedModel model) = Load<DiffusionManifest>(FileState, env, ctx);
        return new(env, manifest, model);
    }

    private protected override ConsensusSegmentationTransformer Create(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits limits) => new(environment, (DiffusionManifest)manifest, model, limits);

    private protected override float[] SoftMapOf(float[] samples, int generations) =>
        SoftMapOf(samples, generations, maps => SampleReduction.Reduce(maps, Target));
}
