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
/// A trained model that segments as several raters would. It has what all trained models of this library share.
/// </summary>
/// <remarks>
/// Maps are predicted when a column is read, once for each row. The random numbers of a row come from a seed and from the row's own values.
/// So the same slice always gives the same maps: alone or among others, in any order and on any thread. Several cursors may use the
/// transformer at the same time. It holds memory outside .NET: dispose it, or the chain that contains it. A prediction engine disposes its
/// model too, unless the engine is made with OwnsTransformer = false.
/// </remarks>
public abstract class SegmentationTransformer : RowToRowTransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly SharedModel _model;
    private readonly PredictionLimits _limits;
    private bool _disposed;

    /// <param name="environment">The environment.</param>
    /// <param name="name">Its name in the log.</param>
    /// <param name="manifest">The manifest of the model.</param>
    /// <param name="model">The weights. The caller has acquired them, and this transformer releases them.</param>
    /// <param name="limits">The limits of predictions; null for no limits.</param>
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
    /// The number of trained networks whose maps a prediction averages: 1, or more in an ensemble
    /// (<see cref="SegmentationCatalog.Ensemble"/>).
    /// </summary>
    public int Members => 1 + (Manifest.FurtherMembers?.Count ?? 0);

    /// <summary>
    /// The axes along which the training slices lay in their volumes, in ascending order. Volumes to predict must be cut along one of them.
    /// Empty where the model was trained on single slices, and where it did not record the axes.
    /// </summary>
    public IReadOnlyList<int> VolumeAxes =>
        new[] { Manifest.Training }.Concat(Manifest.FurtherMembers?.Select(member => member.Training) ?? [])
            .Select(training => training.VolumeAxes).FirstOrDefault(axes => axes is { Count: > 0 }) ?? [];

    /// <summary>
    /// What training did, with every validation (<see cref="TrainingSummary.Validations"/>); for an ensemble, the training of its first
    /// member.
    /// </summary>
    public TrainingSummary Training => TrainingSummary.FromHistory(Manifest.Training.History);

    /// <summary>The number of trained values of the network; for an ensemble, those of its first member.</summary>
    public long ParameterCount => Manifest.Description.Layout().ParameterCount;

    /// <summary>Everything that is known about the model, except its weights.</summary>
    internal virtual ModelManifest Manifest { get; }

    /// <summary>The number of slices predicted with these weights so far.</summary>
    internal int Predictions => _model.Predictions;

    /// <summary>How this kind of model is saved.</summary>
    private protected abstract ModelState State { get; }

    /// <summary>A model with the same weights that samples differently. Both must be disposed; the last one frees the weights.</summary>
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
    /// <param name="cancellation">Ends predictions. It replaces an earlier token.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual SegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        Create(_environment, Manifest, Acquire(), _limits with { Cancellation = cancellation });

    /// <summary>
    /// A model with the same weights whose predictions take no longer than a limit; see <see cref="ConsensusCatalog.WithTimeLimit"/>.
    /// Both must be disposed.
    /// </summary>
    /// <param name="limit">
    /// The longest time that the maps of one slice may take: above zero, at most 24 days. It replaces an earlier limit.
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
    /// Gives up the weights. Running predictions still finish normally; later predictions throw <see cref="ObjectDisposedException"/>.
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
    /// Makes a soft map from sampled maps, as this model does in a prediction. All maps of the column Samples give the predicted soft map;
    /// the first few give the soft map that fewer generations would have given.
    /// </summary>
    /// <param name="samples">
    /// Maps of height × width in [0, 1], one after another as in the column Samples: one or more complete generations.
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

    /// <summary>How many maps the column Samples has for each generation, or for each pass of the network.</summary>
    private protected abstract int MapsOfGeneration { get; }

    /// <summary>Makes a prediction from sampled maps: generations × maps × height × width, on the CPU.</summary>
    private protected abstract ConsensusPrediction Reduce(torch.Tensor samples);

    /// <summary>An ensemble with the columns and the sampling of this model. It shares no memory with this model.</summary>
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

    /// <summary>The weights of every member, each a safetensors file with the published names.</summary>
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
    /// <param name="model">The weights. The caller has acquired them, and the new transformer releases them.</param>
    /// <param name="limits">The limits of predictions.</param>
    private protected abstract SegmentationTransformer Create(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits limits);

    private protected override void SaveModel(ModelSaveContext context) => ModelFile.Save(State, context, Manifest, Weights());

    private protected override RowMapping Map(DataViewSchema inputSchema) => new MapColumns(Manifest, VolumeAxes, Predict).Map(inputSchema);

    /// <summary>Keeps the weights alive even if a transformer is disposed meanwhile. The caller must release them once.</summary>
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
