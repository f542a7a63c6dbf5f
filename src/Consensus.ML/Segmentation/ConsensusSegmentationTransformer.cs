using Consensus.ML;
using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Runtime;
using Consensus.ML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ConsensusSegmentationTransformer), null, typeof(SignatureLoadModel), "Consensus segmentation", ConsensusSegmentationTransformer.LoaderSignature)]

namespace Consensus.ML;

/// <summary>
/// Predicts the soft consensus map of several raters; made by <see cref="ConsensusSegmentationEstimator"/>, whose remarks list the columns.
/// </summary>
/// <remarks>
/// Maps are sampled when a column is read, once a row. The noise of a row comes from a seed and the row's own values: the same slice gives the
/// same maps alone, in any order and on any thread. Safe for several cursors at once. Holds memory outside .NET: dispose it, or the chain it is in.
/// A prediction engine disposes its model too, unless it is made with OwnsTransformer = false.
/// </remarks>
public sealed class ConsensusSegmentationTransformer : RowToRowTransformer, IDisposable
{
    internal const string LoaderSignature = "Consensus.Segment";

    private readonly IHostEnvironment _environment;
    private readonly ModelManifest _manifest;
    private readonly SharedModel _model;
    private readonly PredictionLimits _limits;
    private bool _disposed;

    /// <param name="environment">The environment.</param>
    /// <param name="manifest">What the model is.</param>
    /// <param name="model">The weights; one use of them becomes this transformer's.</param>
    /// <param name="limits">What ends predictions; null for nothing.</param>
    internal ConsensusSegmentationTransformer(IHostEnvironment environment, ModelManifest manifest, SharedModel model, PredictionLimits? limits = null)
        : base(environment, nameof(ConsensusSegmentationTransformer))
    {
        _environment = environment;
        _manifest = manifest;
        _model = model;
        _limits = limits ?? PredictionLimits.None;
    }

    /// <summary>Rows of the slices and maps, in pixels.</summary>
    public int Height => _manifest.Height;

    /// <summary>Columns of the slices and maps, in pixels.</summary>
    public int Width => _manifest.Width;

    /// <summary>Channels of the slices.</summary>
    public int ImageChannels => _manifest.ImageChannels;

    /// <summary>Number of consensus levels C: the number of raters of a complete training case, unless <see cref="ConsensusSegmentationEstimator.Options.Levels"/> said otherwise.</summary>
    public int Raters => _manifest.Raters;

    /// <summary>What the network learnt to draw.</summary>
    public TrainingTarget Target => _manifest.Target;

    /// <summary>How maps are sampled; <see cref="WithSampling"/> makes a model that samples differently.</summary>
    public SamplingOptions Sampling => _manifest.Sampling;

    /// <summary>What training did.</summary>
    public TrainingSummary Training
    {
        get
        {
            TrainingHistory history = _manifest.Training.History;
            return new(history.Steps, history.BestStep, history.BestValidationScore, TimeSpan.FromSeconds(history.Seconds), history.TrainingCases, history.ValidationCases, history.Cancelled);
        }
    }

    /// <summary>All that is known of the model beside its weights.</summary>
    internal ModelManifest Manifest => _manifest;

    /// <summary>How many slices were sampled with these weights so far.</summary>
    internal int Predictions => _model.Predictions;

    /// <summary>A model with the same weights that samples differently. Both must be disposed; the weights go with the last.</summary>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">An option is out of range, such as more sampling steps than the model has diffusion steps.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ConsensusSegmentationTransformer WithSampling(SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        OptionsCheck.Check(nameof(Sampling), sampling, _manifest.Diffusion.Steps);
        Acquire();
        return new(_environment, _manifest with { Sampling = sampling }, _model, _limits);
    }

    /// <summary>A model with the same weights whose predictions end when a token is cancelled; see <see cref="ConsensusCatalog.WithCancellation"/>. Both must be disposed.</summary>
    /// <param name="cancellation">Ends predictions; it replaces a token given before.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ConsensusSegmentationTransformer WithCancellation(CancellationToken cancellation) => WithLimits(_limits with { Cancellation = cancellation });

    /// <summary>A model with the same weights whose predictions take no longer than a limit; see <see cref="ConsensusCatalog.WithTimeLimit"/>. Both must be disposed.</summary>
    /// <param name="limit">The most that the maps of one slice may take; above zero, at most 24 days. It replaces a limit given before.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ConsensusSegmentationTransformer WithTimeLimit(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromDays(24));
        return WithLimits(_limits with { TimeLimit = limit });
    }

    /// <summary>Gives the weights up. Predictions under way end as if nothing had happened; later ones throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _model.Release();
        }
    }

    /// <summary>
    /// Writes the weights alone as a safetensors file in the published checkpoint format: the names, order and shapes of the published
    /// implementation's state dict, float32.
    /// </summary>
    /// <param name="path">The file to create or replace; written whole or not at all.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveCheckpoint(string path)
    {
        byte[] weights = Weights();
        AtomicFile.Write(path, stream => stream.Write(weights));
    }

    /// <summary>The weights as a safetensors file in the published checkpoint format.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal byte[] Weights()
    {
        Acquire();
        try
        {
            return _model.SaveWeights();
        }
        finally
        {
            _model.Release();
        }
    }

    /// <summary>A model over the weights of a published-format checkpoint; see <see cref="ConsensusCatalog.ConsensusSegmentFromCheckpoint"/>.</summary>
    internal static ConsensusSegmentationTransformer FromCheckpoint(IHostEnvironment environment, string path, int height, int width, int imageChannels, int raters, ConsensusSegmentationEstimator.Options options)
    {
        OptionsCheck.Check(options);
        OptionsCheck.CheckSize(options.FeaturesColumnName, height, width, options.Network);
        var manifest = new ModelManifest
        {
            Columns = ManifestColumns.Of(options),
            Height = height,
            Width = width,
            ImageChannels = imageChannels,
            Raters = raters,
            Target = options.Target,
            Network = options.Network,
            Diffusion = options.Diffusion,
            Sampling = options.Sampling,
            Seed = options.Seed ?? environment.Seed() ?? 0,
            Training = new(options.Training, null, new TrainingHistory(0, 0, null, 0, 0, 0, false, [])),
        };
        byte[] weights = File.ReadAllBytes(path);
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
        (ModelManifest manifest, byte[] weights) = ModelFile.Load(ctx);
        TorchDevice device = TorchDevice.Choose(null, env.GpuDeviceId(), env.FallbackToCpu());
        return new(env, manifest, new SharedModel(ConsensusModel.Load(manifest.Description, weights, device.Device)));
    }

    private protected override void SaveModel(ModelSaveContext context) => ModelFile.Save(context, _manifest, Weights());

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        int[] dimensions = [ImageChannels, Height, Width];
        DataViewSchema.Column features = inputSchema.Require(
            _manifest.Columns.Features,
            type => type.IsSingleVector() && type is VectorDataViewType vector && (!vector.IsKnownSize || vector.Dimensions.SequenceEqual(dimensions) || (vector.Dimensions.Length == 1 && vector.Size == dimensions.Aggregate((a, b) => a * b))),
            $"a vector of Single of {ImageChannels}×{Height}×{Width} (channels × height × width), as the model was trained on (use ResizeSlices)");
        DataViewSchema.DetachedColumn[] outputs =
        [
            new(_manifest.Columns.SoftMap, new VectorDataViewType(NumberDataViewType.Single, Height, Width)),
            new(_manifest.Columns.ConsensusMaps, new VectorDataViewType(NumberDataViewType.Single, Raters, Height, Width)),
            new(_manifest.Columns.Uncertainty, new VectorDataViewType(NumberDataViewType.Single, Height, Width)),

            // 0 is ML.NET's "any number of".
            new(_manifest.Columns.Samples, new VectorDataViewType(NumberDataViewType.Single, 0, Height, Width)),
        ];
        return new(outputs, [features], (row, isRead) =>
        {
            bool keepSamples = isRead(outputs.Length - 1);
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(features);
            VBuffer<float> vector = default;
            var value = new RowValue<ConsensusPrediction>(row, () =>
            {
                getter(ref vector);
                return Predict(Vectors.ToArray(vector), row.Position, keepSamples);
            });
            return [Getter(value, maps => maps.SoftMap), Getter(value, maps => maps.ConsensusMaps), Getter(value, maps => maps.Uncertainty), Getter(value, maps => maps.Samples ?? [])];
        });
    }

    private static ValueGetter<VBuffer<float>> Getter(RowValue<ConsensusPrediction> value, Func<ConsensusPrediction, float[]> map) =>
        (ref VBuffer<float> vector) => Vectors.Copy(map(value.Get()), ref vector);

    private ConsensusPrediction Predict(float[] features, long row, bool keepSamples)
    {
        int size = ImageChannels * Height * Width;
        if (features.Length != size)
        {
            throw new InvalidOperationException($"Column '{_manifest.Columns.Features}' has {features.Length} values in row {row}; the model needs {ImageChannels}×{Height}×{Width} = {size} (use ResizeSlices).");
        }

        Acquire();
        try
        {
            return _limits.Run(cancellation => _model.Predict(features, Sampling, NoiseSeed.Of(Sampling.Seed ?? _manifest.Seed, features), keepSamples, cancellation));
        }
        finally
        {
            _model.Release();
        }
    }

    private ConsensusSegmentationTransformer WithLimits(PredictionLimits limits)
    {
        Acquire();
        return new(_environment, _manifest, _model, limits);
    }

    /// <summary>Keeps the weights alive, whoever disposes what meanwhile; to be followed by a release.</summary>
    private void Acquire() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !_model.TryAcquire(), this);
}
