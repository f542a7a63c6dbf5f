using Consensus.Imaging.Storage;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Consensus.ML.Segmentation;

/// <summary>
/// A trained segmentation of several raters' images: what the transformers of all estimators of this library have in common.
/// </summary>
/// <remarks>
/// Maps are predicted when a column is read, once a row. What is random in a row comes from a seed and the row's own values: the same
/// slice gives the same maps alone, in any order and on any thread. Safe for several cursors at once. Holds memory outside .NET: dispose
/// it, or the chain it is in. A prediction engine disposes its model too, unless it is made with OwnsTransformer = false.
/// </remarks>
public abstract class SegmentationTransformer : RowToRowTransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly SharedModel _model;
    private readonly PredictionLimits _limits;
    private bool _disposed;

    /// <param name="environment">The environment.</param>
    /// <param name="name">Its name in the log.</param>
    /// <param name="manifest">What the model is.</param>
    /// <param name="model">The weights; one use of them becomes this transformer's.</param>
    /// <param name="limits">What ends predictions; null for nothing.</param>
    private protected SegmentationTransformer(
        IHostEnvironment environment,
        string name,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits? limits)
        : base(environment, name)
    {
        _environment = environment;
        _model = model;
        _limits = limits ?? PredictionLimits.None;
        Manifest = manifest;
    }

    /// <summary>Rows of the slices and maps, in pixels.</summary>
    public int Height => Manifest.Height;

    /// <summary>Columns of the slices and maps, in pixels.</summary>
    public int Width => Manifest.Width;

    /// <summary>Channels of the slices.</summary>
    public int ImageChannels => Manifest.ImageChannels;

    /// <summary>
    /// Number of consensus levels C: the number of raters of a complete training case, unless the estimator's option
    /// <see cref="SegmentationOptions.Levels"/> said otherwise.
    /// </summary>
    public int Levels => Manifest.Levels;

    /// <summary>How maps are sampled; <see cref="WithSampling"/> makes a model that samples differently.</summary>
    public SamplingOptions Sampling => Manifest.Sampling;

    /// <summary>
    /// Trained networks whose maps a prediction averages: 1, or more in an ensemble (<see cref="SegmentationCatalog.Ensemble"/>).
    /// </summary>
    public int Members => 1 + (Manifest.FurtherMembers?.Count ?? 0);

    /// <summary>
    /// The axes along which training's slices lay in their volumes, in ascending order: volumes to predict must be cut along one of them.
    /// Empty where it was trained on single slices, and where the model does not know.
    /// </summary>
    public IReadOnlyList<int> VolumeAxes =>
        new[] { Manifest.Training }.Concat(Manifest.FurtherMembers?.Select(member => member.Training) ?? [])
            .Select(training => training.VolumeAxes).FirstOrDefault(axes => axes is { Count: > 0 }) ?? [];

    /// <summary>
    /// What training did, with every validation (<see cref="TrainingSummary.Validations"/>); for an ensemble, the training of its first
    /// member.
    /// </summary>
    public TrainingSummary Training => TrainingSummary.FromHistory(Manifest.Training.History);

    /// <summary>Number of trained values of the network; of an ensemble, of its first member.</summary>
    public long ParameterCount => Manifest.Description.Layout().ParameterCount;

    /// <summary>All that is known about the model beside its weights.</summary>
    internal virtual ModelManifest Manifest { get; }

    /// <summary>How many slices were predicted with these weights so far.</summary>
    internal int Predictions => _model.Predictions;

    /// <summary>How this kind of model is saved.</summary>
    private protected abstract ModelState State { get; }

    /// <summary>A model with the same weights that samples differently. Both must be disposed; the weights go with the last.</summary>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual SegmentationTransformer WithSampling(SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        SamplingCheck.Check(nameof(Sampling), sampling, Manifest.DiffusionSteps);
        return Create(_environment, Manifest with { Sampling = sampling }, Acquire(), _limits);
    }

    /// <summary>
    /// A model with the same weights whose predictions end when a token is cancelled; see
    /// <see cref="ConsensusCatalog.WithCancellation"/>. Both must be disposed.
    /// </summary>
    /// <param name="cancellation">Ends predictions; it replaces a token given before.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual SegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        Create(_environment, Manifest, Acquire(), _limits with { Cancellation = cancellation });

    /// <summary>
    /// A model with the same weights whose predictions take no longer than a limit; see <see cref="ConsensusCatalog.WithTimeLimit"/>.
    /// Both must be disposed.
    /// </summary>
    /// <param name="limit">
    /// The most that the maps of one slice may take; above zero, at most 24 days. It replaces a limit given before.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual SegmentationTransformer WithTimeLimit(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromDays(24));
        return Create(_environment, Manifest, Acquire(), _limits with { TimeLimit = limit });
    }

    /// <summary>
    /// Gives the weights up. Predictions under way end as if nothing had happened; later ones throw <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _model.Release();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Writes the weights alone as a safetensors file: float32, under the names and in the order and shapes of the published
    /// implementation's state dict.
    /// </summary>
    /// <param name="path">The file to create or replace; written whole or not at all.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The model is an ensemble, which has several sets of weights.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveCheckpoint(string path)
    {
        if (Members > 1)
        {
            throw new InvalidOperationException(
                $"The model is an ensemble of {Members}, and a checkpoint holds the weights of one. "
                + "Save those of the models it was made of.");
        }

        byte[] weights = Weights()[0];
        AtomicFile.Write(path, stream => stream.Write(weights));
    }

    /// <summary>
    /// The soft map that this model makes of sampled maps: of all in the column Samples it is the prediction, of the first few what fewer
    /// generations would have given.
    /// </summary>
    /// <param name="samples">
    /// Maps of height × width in [0, 1], one after another as in the column Samples: one or more generations, each with all its maps.
    /// </param>
    /// <returns>Height × width in [0, 1].</returns>
    /// <exception cref="ArgumentException">There is no generation, or the last is not complete.</exception>
    public float[] SoftMapFrom(ReadOnlySpan<float> samples)
    {
        int generation = MapsOfGeneration * Height * Width;
        if (samples.IsEmpty || samples.Length % generation != 0)
        {
            throw new ArgumentException(
                $"There are {samples.Length} values, but a generation has {MapsOfGeneration}×{Height}×{Width} = {generation}: "
                + "there must be one generation or more.",
                nameof(samples));
        }

        NativeTorch.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        return Reduce(samples.ToArray().ToTensor(torch.CPU, samples.Length / generation, MapsOfGeneration, Height, Width)).SoftMap;
    }

    /// <summary>Maps that the column Samples has for each generation, or for each pass of the network.</summary>
    private protected abstract int MapsOfGeneration { get; }

    /// <summary>The prediction that is made of sampled maps: generations × maps × height × width, on the CPU.</summary>
    private protected abstract ConsensusPrediction Reduce(torch.Tensor samples);

    /// <summary>An ensemble that predicts as this model does, columns and sampling included, and shares nothing with it.</summary>
    /// <param name="further">How the members after the first were trained.</param>
    /// <param name="weights">The weights of all members.</param>
    internal SegmentationTransformer AsFirstOf(IReadOnlyList<ManifestMember> further, IReadOnlyList<byte[]> weights)
    {
        SharedModel model = Acquire();
        try
        {
            ModelManifest manifest = Manifest with { FurtherMembers = further };
            return Create(_environment, manifest, new SharedModel(manifest.CreateModel(weights, model.Device)), _limits);
        }
        finally
        {
            model.Release();
        }
    }

    /// <summary>The weights of every member, each as a safetensors file under their published names.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal IReadOnlyList<byte[]> Weights()
    {
        SharedModel model = Acquire();
        try
        {
            return model.SaveWeights();
        }
        finally
        {
            model.Release();
        }
    }

    /// <summary>Reads a model from a zip.</summary>
    /// <typeparam name="T">The kind of manifest.</typeparam>
    /// <exception cref="InvalidDataException">The file is damaged or too new; the message says how.</exception>
    private protected static (T Manifest, SharedModel Model) Load<T>(
        ModelState state,
        IHostEnvironment environment,
        ModelLoadContext context)
        where T : ModelManifest
    {
        (T manifest, IReadOnlyList<byte[]> weights) = ModelFile.Load<T>(state, context);
        TorchDevice device = TorchDevice.Choose(null, environment.GpuDeviceId(), environment.FallbackToCpu());
        return (manifest, new SharedModel(manifest.CreateModel(weights, device.Device)));
    }

    /// <summary>A transformer of the same type.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="manifest">A manifest of the same kind.</param>
    /// <param name="model">The weights; one use of them becomes the new transformer's.</param>
    /// <param name="limits">What ends predictions.</param>
    private protected abstract SegmentationTransformer Create(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits limits);

    private protected override void SaveModel(ModelSaveContext context) => ModelFile.Save(State, context, Manifest, Weights());

    private protected override RowMapping Map(DataViewSchema inputSchema) => new MapColumns(Manifest, VolumeAxes, Predict).Map(inputSchema);

    /// <summary>Keeps the weights alive, whoever disposes what meanwhile; to be followed by a release.</summary>
    private protected SharedModel Acquire()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !_model.TryAcquire(), this);
        return _model;
    }

    private ConsensusPrediction Predict(float[] features, bool keepSamples)
    {
        SharedModel model = Acquire();
        try
        {
            return _limits.Run(cancellation => model.Predict(
                features, Sampling, NoiseSeed.Compute(Sampling.Seed ?? Manifest.Seed, features),
                Manifest.Training.Mirroring, keepSamples, cancellation));
        }
        finally
        {
            model.Release();
        }
    }
}
