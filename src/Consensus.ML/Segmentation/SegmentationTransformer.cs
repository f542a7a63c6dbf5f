using Consensus.Imaging.Storage;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Segmentation.Exporting;
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
/// So the same slice always gives the same maps: alone or among others, in any order and on any thread. Only the number of threads that
/// torch has for a slice changes how sums of float32 are rounded, in the last digits. Several cursors may use the transformer at the same
/// time. It holds memory outside .NET: dispose it, or the chain that contains it. A prediction engine disposes its model too, unless the
/// engine is made with OwnsTransformer = false.
/// <para>
/// On a CPU, a cursor that reads one row after another predicts the next small slices (<see cref="PredictsSideBySide"/>) ahead: as many at
/// a time as torch has threads, with one thread each, in their order. This ends with the cursor. Their features are read a second time for
/// that, so it needs data that knows its number of rows; rows of a stream are predicted one by one.
/// </para>
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
    /// <see cref="SegmentationOptions.Levels"/> said otherwise. Of several <see cref="Structures"/> it is the largest number.
    /// </summary>
    public int Levels => Manifest.Levels;

    /// <summary>
    /// The structures that the model segments, with the raters whose masks it draws, in the order of training. A model of one structure has
    /// one without a name.
    /// </summary>
    public IReadOnlyList<SegmentedStructure> Structures => Manifest.EveryStructure;

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
    public TrainingSummary Training => TrainingSummary.FromTraining(Manifest.Training);

    /// <summary>The number of trained values of the network; for an ensemble, those of its first member.</summary>
    public long ParameterCount => Manifest.Description.Layout().ParameterCount;

    /// <summary>Everything that is known about the model, except its weights.</summary>
    internal virtual ModelManifest Manifest { get; }

    /// <summary>
    /// Whether maps are sampled by diffusion, so that the options of samplers and steps matter; false where they are predicted in one pass.
    /// </summary>
    public bool SamplesByDiffusion => Manifest.DiffusionSteps is not null;

    /// <summary>
    /// What the network learnt of the raters, as files spell it: a <see cref="TrainingTarget"/> or a <see cref="UNetKind"/>.
    /// </summary>
    public string Learned => Manifest.Learned;

    /// <summary>
    /// Whether several threads that have some of the processor's threads each (<see cref="TorchRuntime.UseThreads"/>) predict with this
    /// model at the same time: torch computes on the CPU, and slices have at most 128×128 pixels. Otherwise they take turns.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public bool PredictsSideBySide => Share(2, threads: 2).Workers > 1;

    /// <summary>The number of slices predicted with these weights so far.</summary>
    internal int Predictions => _model.Predictions;

    /// <summary>Whether slices are read ahead and predicted together, as on a GPU; null: on a GPU.</summary>
    internal bool? TakesSlicesTogether
    {
        set => _model.TakesSlicesTogether = value;
    }

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
    /// Writes the model as an ONNX file (opset 18), which runtimes for ONNX run without this library, .NET and libtorch. One graph leads
    /// from a slice to its maps.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Input: <c>Image</c>, float32, 1 × channels × height × width, of any height and width; the graph shifts and scales the channels,
    /// and resizes. Outputs, float32: <c>SoftMap</c> and <c>Uncertainty</c> (1 × 1 × height × width), <c>ConsensusMaps</c>
    /// (1 × levels × height × width) and <c>Samples</c>, at the model's size, as the columns of these names. Bringing maps back to the size
    /// of the image stays outside, and so does choosing a slice of a volume. An image with values that this library refuses gives maps of
    /// NaN.
    /// </para>
    /// <para>
    /// Of several <see cref="Structures"/>, and of named raters, the outputs are called as the columns are: <c>SoftMap.core</c>,
    /// <c>RaterMap.core.Ann</c> (1 × 1 × height × width). <c>Samples</c> is then one output with the maps of all structures, each with its
    /// levels first and its raters next.
    /// </para>
    /// <para>
    /// The file samples as this model does (<see cref="WithSampling"/>), in float32. Its metadata holds the model's manifest. The chain
    /// that a model is in has the same method, which finds the normalisation itself
    /// (<see cref="ConsensusCatalog.SaveOnnx(ITransformer, string, OnnxOptions)"/>).
    /// </para>
    /// </remarks>
    /// <param name="path">The file to create or replace; written whole or not at all.</param>
    /// <param name="options">Where the noise comes from; null for the defaults.</param>
    /// <param name="normalization">
    /// What shifts and scales the channels; null where images are given as the column Features holds them, though of any size.
    /// </param>
    /// <param name="resizing">
    /// What brought the training slices to the model's size; null for what ResizeSlices does unless it is told otherwise.
    /// </param>
    /// <exception cref="NotSupportedException">
    /// The model cannot be a graph; the message names the option: the sampler Ddpm, many steps, the kinds MonteCarloDropout and FixedPoint,
    /// Tolerance with constant noise, or noise as an input of a one-pass model that draws masks.
    /// </exception>
    /// <exception cref="ArgumentException">The normalisation is for another number of channels, or an option is out of range.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveOnnx(
        string path,
        OnnxOptions? options = null,
        SliceNormalizingTransformer? normalization = null,
        SliceResizingTransformer? resizing = null) => ExportOnnx(
        path, options ?? new(), new OnnxPreparation(null, null, normalization is null ? [] : [normalization.Describe()])
        {
            Antialias = resizing?.Antialias ?? true,
        });

    /// <summary>Writes the model with what happens before it.</summary>
    internal void ExportOnnx(string path, OnnxOptions options, OnnxPreparation preparation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (preparation.Normalizations.FirstOrDefault(step => step.Means.Count != ImageChannels) is { } other)
        {
            throw new ArgumentException(
                $"The normalisation is for slices of {other.Means.Count} channel(s), and the model for slices of {ImageChannels}.");
        }

        OnnxFile.Write(path, Manifest, Weights(), preparation, options);
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
    /// <exception cref="NotSupportedException">The model has several structures, whose generations have other numbers of maps.</exception>
    public float[] SoftMapFrom(ReadOnlySpan<float> samples)
    {
        if (Structures.Count > 1)
        {
            throw new NotSupportedException(
                $"The model has {Structures.Count} structures; a soft map is made from the samples of a model of one structure.");
        }

        int generation = MapsOfGeneration * Height * Width;
        if (samples.IsEmpty || samples.Length % generation != 0)
        {
            throw new ArgumentException(
                $"There are {samples.Length} values, but a generation has {MapsOfGeneration}×{Height}×{Width} = {generation}: "
                + "there must be one generation or more.",
                nameof(samples));
        }

        return SoftMapOf(samples.ToArray(), samples.Length / generation);
    }

    /// <summary>How many maps the column Samples has for each generation, or for each pass of the network.</summary>
    private protected abstract int MapsOfGeneration { get; }

    /// <summary>The soft map that is made of sampled maps: generations × maps × height × width.</summary>
    private protected abstract float[] SoftMapOf(float[] samples, int generations);

    /// <summary>What torch makes of sampled maps.</summary>
    private protected float[] SoftMapOf(float[] samples, int generations, Func<torch.Tensor, ConsensusPrediction> reduce)
    {
        NativeTorch.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        return reduce(samples.ToTensor(torch.CPU, generations, MapsOfGeneration, Height, Width)).SoftMap;
    }

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

    private protected override RowMapping Map(DataViewSchema inputSchema) =>
        new MapColumns(Manifest, VolumeAxes, Predict, ShareAhead).Map(inputSchema);

    /// <summary>Keeps the weights alive even if a transformer is disposed meanwhile. The caller must release them once.</summary>
    private protected SharedModel Acquire()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !_model.TryAcquire(), this);
        return _model;
    }

    private ConsensusPrediction[] Predict(float[][] slices, bool keepSamples, CancellationToken stop)
    {
        SharedModel model = Acquire();
        try
        {
            return _limits.Run(
                cancellation => model.Predict(
                    slices, Sampling, [.. slices.Select(features => NoiseSeed.Compute(Sampling.Seed ?? Manifest.Seed, features))],
                    Manifest.Training.Mirroring, keepSamples, cancellation),
                stop);
        }
        finally
        {
            model.Release();
        }
    }

    // A limit of time is that of one slice.
    private PredictionShare ShareAhead(long slices)
    {
        SharedModel model = Acquire();
        try
        {
            return model.ShareAhead(slices, Sampling, oneByOne: _limits.TimeLimit is not null);
        }
        finally
        {
            model.Release();
        }
    }

    private PredictionShare Share(long slices, int threads)
    {
        SharedModel model = Acquire();
        try
        {
            return model.Share(slices, threads);
        }
        finally
        {
            model.Release();
        }
    }
}
