using System.Diagnostics;
using Consensus.Imaging;
using Consensus.ML.Segmentation;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Serving.Prediction;

/// <summary>Predicts with a loaded ML.NET chain. Slices come from memory, not from files.</summary>
internal sealed class ChainPredictor : IMapPredictor
{
    private const string Restored = "__Restored", ImageColumn = "Image";

    private readonly MLContext _ml;
    private readonly ITransformer _model;
    private readonly ITransformer[] _steps;
    private readonly int _segmentation;

    /// <param name="ml">The context that the model was loaded with.</param>
    /// <param name="model">The model, which this owns from now on.</param>
    /// <exception cref="InvalidDataException">It has no segmentation of this library in it.</exception>
    /// <exception cref="ArgumentException">Its steps do not begin with the column Image.</exception>
    public ChainPredictor(MLContext ml, ITransformer model)
    {
        _ml = ml;
        _model = model;

        // Slices from memory begin behind the step that reads files, and behind steps before it, which prepare paths.
        ITransformer[] steps = [.. model.GetSteps()];
        _steps = steps[(Array.FindIndex(steps, step => step is SliceLoadingTransformer) + 1)..];
        _segmentation = Array.FindIndex(_steps, step => step is SegmentationTransformer);
        if (_segmentation < 0)
        {
            throw new InvalidDataException("The model has no consensus segmentation; use one that 'consensus train' wrote.");
        }

        var segmentation = (SegmentationTransformer)_steps[_segmentation];
        Model = Describe(segmentation, StructuresOf(segmentation));
    }

    /// <inheritdoc/>
    public ServedModel Model { get; }

    /// <inheritdoc/>
    public bool UsesTorch => _steps[_segmentation] is ConsensusSegmentationTransformer or UNetSegmentationTransformer;

    /// <inheritdoc/>
    public void WarmUp(CancellationToken cancellation)
    {
        (int channels, int height, int width) = (Model.Channels, Model.Height, Model.Width);
        float[] ramp = [.. Enumerable.Range(0, channels * height * width).Select(at => (float)(at % width))];

        // Outside torch, the options of sampling may be fixed in the model.
        PredictionRequest brief = new() { Structure = Model.Structures[0], Size = MapSize.Model };
        Predict(
            [new Slice(channels, height, width, ramp)],
            UsesTorch ? brief with { Generations = 1, Tolerance = 0, Steps = Model.IsDiffusion ? 1 : null } : brief,
            _ => { },
            cancellation);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SliceMaps> Predict(
        IReadOnlyList<Slice> slices,
        PredictionRequest request,
        Action<TimeSpan> took,
        CancellationToken cancellation)
    {
        if (slices.FirstOrDefault(slice => slice.Channels != Model.Channels) is { } other)
        {
            throw new ArgumentException(
                $"The image has {other.Channels} channel(s), but the model was trained on images of {Model.Channels}. "
                + "Channels in files of their own are sent as several parts 'image' of multipart/form-data.");
        }

        if (!Model.IsDiffusion && (request.Sampler is not null || request.Steps is not null))
        {
            throw new ArgumentException(
                "The options 'sampler' and 'steps' are for diffusion models; this one predicts in one pass of a U-Net.");
        }

        ITransformer sampling = _steps[_segmentation].WithSampling(request.Apply(Model.Sampling));
        using var first = sampling as IDisposable;
        ITransformer segmentation = sampling.WithCancellation(cancellation);
        using var second = segmentation as IDisposable;
        IDataView view = _ml.Data.LoadFromSlices(slices);
        for (int step = 0; step < _steps.Length; step++)
        {
            view = (step == _segmentation ? segmentation : _steps[step]).Transform(view);
        }

        return Read(view, slices, request, took);
    }

    /// <inheritdoc/>
    public void Dispose() => (_model as IDisposable)?.Dispose();

    private List<SliceMaps> Read(
        IDataView view,
        IReadOnlyList<Slice> slices,
        PredictionRequest request,
        Action<TimeSpan> took)
    {
        // The levels are read in any case, for their areas.
        (string soft, string levelsName, string uncertainty, IReadOnlyList<string> raters) = request.Structure.Columns;
        string? softName = request.Maps.HasFlag(MapKinds.Soft) ? soft : null;
        string? uncertaintyName = request.Maps.HasFlag(MapKinds.Uncertainty) ? uncertainty : null;
        IReadOnlyList<string> raterNames = request.Maps.HasFlag(MapKinds.Raters) ? raters : [];
        string[] names = [.. new[] { softName, levelsName, uncertaintyName }.OfType<string>(), .. raterNames];
        if (request.Size == MapSize.Native)
        {
            foreach (string name in names)
            {
                view = _ml.Transforms.RestoreSlices(Restored + name, name, ImageColumn).Fit(view).Transform(view);
            }
        }

        DataViewSchema.Column[] columns =
            [.. names.Select(name => view.Schema[request.Size == MapSize.Native ? Restored + name : name])];
        using DataViewRowCursor cursor = view.GetRowCursor(columns);
        Dictionary<string, Func<Slice, Slice>> getters = names.Zip(columns).ToDictionary(
            pair => pair.First, pair => Getter(cursor, pair.Second), StringComparer.Ordinal);
        var maps = new List<SliceMaps>(slices.Count);
        foreach (Slice image in slices)
        {
            long begun = Stopwatch.GetTimestamp();
            cursor.MoveNext();
            Slice levels = getters[levelsName](image);
            maps.Add(new(
                softName is null ? null : getters[softName](image),
                request.Maps.HasFlag(MapKinds.Levels) ? levels : null,
                uncertaintyName is null ? null : getters[uncertaintyName](image),
                AreasOf(levels))
            {
                Raters = raterNames.Count == 0 ? null : Together([.. raterNames.Select(name => getters[name](image))]),
            });
            took(Stopwatch.GetElapsedTime(begun));
        }

        return maps;
    }

    /// <summary>Reads a map as a slice, whichever of the two kinds of column it is in.</summary>
    private Func<Slice, Slice> Getter(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is SliceDataViewType)
        {
            ValueGetter<Slice> restored = cursor.GetGetter<Slice>(column);
            return _ =>
            {
                Slice map = null!;
                restored(ref map);
                return map;
            };
        }

        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> vector = default;
        return image =>
        {
            getter(ref vector);
            float[] values = [.. vector.DenseValues()];
            return new(
                values.Length / (Model.Height * Model.Width), Model.Height, Model.Width, values,
                ScaledGeometry.ForSize(image, Model.Height, Model.Width));
        };
    }

    /// <summary>Maps as the channels of one slice.</summary>
    private static Slice Together(Slice[] maps) => new(
        maps.Length, maps[0].Height, maps[0].Width, [.. maps.SelectMany(map => map.Pixels)], maps[0].Geometry);

    private static int[] AreasOf(Slice levels)
    {
        int pixels = levels.Height * levels.Width;
        var areas = new int[levels.Channels];
        for (int level = 0; level < areas.Length; level++)
        {
            foreach (float value in levels.Pixels.AsSpan(level * pixels, pixels))
            {
                areas[level] += value > 0.5f ? 1 : 0;
            }
        }

        return areas;
    }

    /// <summary>
    /// The structures with their columns, in the order in which the segmentation adds them. Nothing is computed for that.
    /// </summary>
    private ServedStructure[] StructuresOf(SegmentationTransformer segmentation)
    {
        (int channels, int height, int width) = (segmentation.ImageChannels, segmentation.Height, segmentation.Width);
        IDataView view = _ml.Data.LoadFromSlices([new Slice(channels, height, width, new float[channels * height * width])]);
        foreach (ITransformer step in _steps[.._segmentation])
        {
            view = step.Transform(view);
        }

        var added = new Queue<string>(segmentation.Transform(view).Schema.Skip(view.Schema.Count).Select(column => column.Name));
        return [.. segmentation.Structures.Select(structure =>
        {
            string soft = added.Dequeue(), levels = added.Dequeue(), uncertainty = added.Dequeue();

            // Nobody asks a server for samples.
            added.Dequeue();
            return new ServedStructure(
                structure.Name, structure.Levels, structure.Raters,
                new(soft, levels, uncertainty, [.. structure.Raters.Select(_ => added.Dequeue())]));
        })];
    }

    private static ServedModel Describe(SegmentationTransformer model, IReadOnlyList<ServedStructure> structures) => new(
        model.SamplesByDiffusion ? ServedModel.Diffusion : ServedModel.OnePass,
        model.Height,
        model.Width,
        model.ImageChannels,
        model.Members,
        model.ParameterCount,
        model.VolumeAxes,
        model.Sampling,
        model.Training,
        structures);
}
