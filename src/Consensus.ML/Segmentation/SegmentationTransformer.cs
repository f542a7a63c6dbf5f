using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

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
    private readonly ISegmentationManifest _manifest;
    private readonly SharedModel _model;
    private bool _disposed;

    /// <param name="environment">The environment.</param>
    /// <param name="name">What it is called in the log.</param>
    /// <param name="manifest">What the model is.</param>
    /// <param name="model">The weights; one use of them becomes this transformer's.</param>
    /// <param name="limits">What ends predictions; null for nothing.</param>
    private protected SegmentationTransformer(
        IHostEnvironment environment,
        string name,
        ISegmentationManifest manifest,
        SharedModel model,
        PredictionLimits? limits)
        : base(environment, name)
    {
        _manifest = manifest;
        _model = model;
        Limits = limits ?? PredictionLimits.None;
    }

    /// <summary>Rows of the slices and maps, in pixels.</summary>
    public int Height => _manifest.Height;

    /// <summary>Columns of the slices and maps, in pixels.</summary>
    public int Width => _manifest.Width;

    /// <summary>Channels of the slices.</summary>
    public int ImageChannels => _manifest.ImageChannels;

    /// <summary>
    /// Number of consensus levels C: the number of raters of a complete training case, unless the option Levels of the
    /// estimator said otherwise.
    /// </summary>
    public int Raters => _manifest.Raters;

    /// <summary>How maps are sampled; <see cref="WithSampling"/> makes a model that samples differently.</summary>
    public SamplingOptions Sampling => _manifest.Sampling;

    /// <summary>
    /// Trained networks whose maps a prediction averages: 1, or more in an ensemble (<see cref="SegmentationCatalog.Ensemble"/>).
    /// </summary>
    public int Members => 1 + (_manifest.FurtherMembers?.Count ?? 0);

    /// <summary>
    /// The axes along which training's slices lay in their volumes, in ascending order: volumes to predict must be cut along one of them.
    /// Empty where it was trained on single slices, and where the model does not know.
    /// </summary>
    public IReadOnlyList<int> VolumeAxes =>
        new[] { _manifest.Training }.Concat(_manifest.FurtherMembers?.Select(member => member.Training) ?? [])
            .Select(training => training.VolumeAxes).FirstOrDefault(axes => axes is { Count: > 0 }) ?? [];

    /// <summary>What training did; of an ensemble, that of its first member.</summary>
    public TrainingSummary Training => TrainingSummary.Of(_manifest.Training.History);

    /// <summary>All that is known of the model beside its weights, as far as all sorts of models have it.</summary>
    internal ISegmentationManifest Facts => _manifest;

    /// <summary>How many slices were predicted with these weights so far.</summary>
    internal int Predictions => _model.Predictions;

    private protected PredictionLimits Limits { get; }

    /// <summary>Axes as people say it: axis 0, axes 0 and 2.</summary>
    internal static string Describe(IReadOnlyList<int> axes) => axes.Count == 1
        ? $"axis {axes[0]}"
        : $"axes {string.Join(", ", axes.SkipLast(1))} and {axes[^1]}";

    /// <summary>How this sort of model is saved.</summary>
    private protected abstract ModelState State { get; }

    /// <summary>A model with the same weights that samples differently. Both must be disposed; the weights go with the last.</summary>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public abstract SegmentationTransformer WithSampling(SamplingOptions sampling);

    /// <summary>
    /// A model with the same weights whose predictions end when a token is cancelled; see
    /// <see cref="ConsensusCatalog.WithCancellation"/>. Both must be disposed.
    /// </summary>
    /// <param name="cancellation">Ends predictions; it replaces a token given before.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public abstract SegmentationTransformer WithCancellation(CancellationToken cancellation);

    /// <summary>
    /// A model with the same weights whose predictions take no longer than a limit; see <see cref="ConsensusCatalog.WithTimeLimit"/>.
    /// Both must be disposed.
    /// </summary>
    /// <param name="limit">
    /// The most that the maps of one slice may take; above zero, at most 24 days. It replaces a limit given before.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public abstract SegmentationTransformer WithTimeLimit(TimeSpan limit);

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

    /// <summary>An ensemble that predicts as this model does, columns and sampling included, and shares nothing with it.</summary>
    /// <param name="further">How the members that are not its first came to be.</param>
    /// <param name="weights">The weights of all members.</param>
    internal abstract SegmentationTransformer AsFirstOf(IReadOnlyList<ManifestMember> further, IReadOnlyList<byte[]> weights);

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

    private protected override void SaveModel(ModelSaveContext context) => ModelFile.Save(State, context, _manifest, Weights());

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        int[] dimensions = [ImageChannels, Height, Width];
        DataViewSchema.Column features = inputSchema.Require(
            _manifest.Columns.Features,
            type => type.IsSingleVector() && type is VectorDataViewType vector && (!vector.IsKnownSize
                || vector.Dimensions.SequenceEqual(dimensions)
                || (vector.Dimensions.Length == 1 && vector.Size == dimensions.Aggregate((a, b) => a * b))),
            $"a vector of Single of {ImageChannels}×{Height}×{Width} (channels × height × width), as the "
            + "model was trained on (use ResizeSlices)");
        DataViewSchema.Annotations? placement = SliceAnnotations.OfMaps(features.Name, _manifest.Training.Placement);
        DataViewSchema.DetachedColumn[] outputs =
        [
            new(_manifest.Columns.SoftMap, new VectorDataViewType(NumberDataViewType.Single, Height, Width), placement),
            new(_manifest.Columns.ConsensusMaps, new VectorDataViewType(NumberDataViewType.Single, Raters, Height, Width), placement),
            new(_manifest.Columns.Uncertainty, new VectorDataViewType(NumberDataViewType.Single, Height, Width), placement),

            // 0 is ML.NET's "any number of".
            new(_manifest.Columns.Samples, new VectorDataViewType(NumberDataViewType.Single, 0, Height, Width), placement),
        ];
        DataViewSchema.Column? image = ImageColumn(inputSchema);
        var naming = new SliceNaming(inputSchema);
        DataViewSchema.Column[] inputs =
        [
            features, .. image is { } source ? [source] : Array.Empty<DataViewSchema.Column>(), .. naming.Columns,
        ];
        return new(outputs, inputs, (row, isRead, _) =>
        {
            bool keepSamples = isRead(outputs.Length - 1);
            Action check = AxisCheck(row, image);
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(features);
            Func<string> nameOf = naming.Getter(row);
            VBuffer<float> vector = default;
            var value = new RowValue<ConsensusPrediction>(row, () =>
            {
                getter(ref vector);
                check();
                return Predict(Vectors.ToArray(vector), row.Position, nameOf, keepSamples);
            });
            return
            [
                Getter(value, maps => maps.SoftMap), Getter(value, maps => maps.ConsensusMaps), Getter(value, maps => maps.Uncertainty),
                Getter(value, maps => maps.Samples ?? []),
            ];
        });
    }

    /// <summary>Keeps the weights alive, whoever disposes what meanwhile; to be followed by a release.</summary>
    private protected SharedModel Acquire()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) || !_model.TryAcquire(), this);
        return _model;
    }

    private protected PredictionLimits Within(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromDays(24));
        return Limits with { TimeLimit = limit };
    }

    /// <summary>The column that tells how a row's slice was cut; null where no row can be cut wrongly.</summary>
    private DataViewSchema.Column? ImageColumn(DataViewSchema schema)
    {
        if (VolumeAxes.Count == 0)
        {
            return null;
        }

        DataViewSchema.Column[] slices = [.. schema.Where(column => !column.IsHidden && column.Type is SliceDataViewType)];
        return slices.Length == 1 ? slices[0]
            : slices.FirstOrDefault(column => column.Name == "Image") is { Name: not null } image ? image
            : schema.GetColumnOrNull("ImagePath") is { } path
                && path.Type is TextDataViewType or VectorDataViewType { ItemType: TextDataViewType } ? path
            : null;
    }

    /// <summary>
    /// Refuses a slice that lies along another axis than those of training: its map would be of something that the model has never seen.
    /// </summary>
    private Action AxisCheck(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is not { } known)
        {
            return () => { };
        }

        if (known.Type is SliceDataViewType)
        {
            Func<Slice> slice = row.SliceGetter(known);
            return () =>
            {
                Slice one = slice();
                Check(one.Axis, one.Name());
            };
        }

        Func<string[]> paths = PathsColumn.Getter(row, known);
        return () =>
        {
            if (paths() is [{ Length: > 0 } path, ..])
            {
                Check(SliceAddress.Parse(path).Axis, $"'{path}'");
            }
        };

        void Check(int? axis, string name)
        {
            if (axis is { } along && !VolumeAxes.Contains(along))
            {
                throw new InvalidDataException(
                    $"{name} is a slice along axis {along}, but the model was trained on slices along "
                    + $"{Describe(VolumeAxes)} of their volumes.");
            }
        }
    }

    private static ValueGetter<VBuffer<float>> Getter(RowValue<ConsensusPrediction> value, Func<ConsensusPrediction, float[]> map) =>
        (ref VBuffer<float> vector) => Vectors.Copy(map(value.Get()), ref vector);

    private ConsensusPrediction Predict(float[] features, long row, Func<string> nameOf, bool keepSamples)
    {
        int size = ImageChannels * Height * Width;
        if (features.Length != size)
        {
            throw new InvalidOperationException(
                $"Column '{_manifest.Columns.Features}' has {features.Length} values in row {row}; "
                + $"the model needs {ImageChannels}×{Height}×{Width} = {size} (use ResizeSlices).");
        }

        int wrong = Array.FindIndex(features, value => !float.IsFinite(value) || NoData.IsImplausible(value));
        if (wrong >= 0)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameOf()} has the value {features[wrong]} in column '{_manifest.Columns.Features}'; "
                + $"every value must be finite, and within ±{NoData.LargestMagnitude}."));
        }

        SharedModel model = Acquire();
        try
        {
            return Limits.Run(cancellation => model.Predict(
                features, Sampling, NoiseSeed.Of(Sampling.Seed ?? _manifest.Seed, features),
                _manifest.Training.Mirroring, keepSamples, cancellation));
        }
        catch (NotFiniteOutputException)
        {
            // Without the other inside, which programs that show the innermost message would take.
            throw new InvalidOperationException($"{nameOf()}: {NotFiniteOutputException.Reason}.");
        }
        finally
        {
            model.Release();
        }
    }
}
