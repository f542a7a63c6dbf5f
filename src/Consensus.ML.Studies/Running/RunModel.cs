using System.Diagnostics;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>The model of a run, read from its file. It prepares the slice of a case and predicts it.</summary>
internal sealed class RunModel : IDisposable
{
    private const string SamplesColumn = "Samples";

    private readonly MLContext _ml;
    private readonly TransformerChain<ITransformer> _owner, _preparation;
    private readonly ITransformer _step;

    private RunModel(MLContext ml, TransformerChain<ITransformer> chain)
    {
        ITransformer[] steps = [.. chain];
        _ml = ml;
        _owner = chain;
        _preparation = new(steps[..^1]);
        _step = steps[^1];
    }

    /// <summary>The trained step if it draws by diffusion, otherwise null.</summary>
    public ConsensusSegmentationTransformer? Diffusion => _step as ConsensusSegmentationTransformer;

    /// <summary>Whether a prediction is the mean of random drawings or passes, so that more of them can be taken.</summary>
    public bool IsMeanOfMany =>
        _step is ConsensusSegmentationTransformer
        || (_step is UNetSegmentationTransformer onePass && onePass.Kind.DrawsAtRandom());

    /// <summary>Whether a soft map of rounded levels is rounded where it is shown.</summary>
    public bool RoundsAtImageSize => _step is SegmentationTransformer { Sampling.RoundAtImageSize: true };

    /// <summary>A trained chain, which it then owns.</summary>
    public static RunModel Of(MLContext ml, TransformerChain<ITransformer> chain) => new(ml, chain);

    /// <exception cref="InvalidDataException">The file is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunModel Read(MLContext ml, string path)
    {
        try
        {
            return new(ml, (TransformerChain<ITransformer>)ml.Model.Load(path, out _));
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException
            || exception.InnerException is InvalidDataException)
        {
            throw new InvalidDataException(
                $"'{path}' is damaged: {(exception.InnerException ?? exception).Message.TrimEnd('.')}. "
                + "Remove it, and --resume trains it again.",
                exception);
        }
    }

    /// <summary>Loads, normalises and resizes the slice of a case.</summary>
    public float[] Prepare(RaterCase raterCase) =>
        _preparation.Transform(_ml.Data.LoadFromCases([raterCase])).GetColumn<float[]>("Features").Single();

    /// <summary>Predicts a prepared slice.</summary>
    /// <param name="features">The result of <see cref="Prepare"/>.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="cancellation">Ends the prediction.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Prediction Predict(float[] features, int size, CancellationToken cancellation)
    {
        IDataView row = Row(features, size);
        if (_step is not SegmentationTransformer model)
        {
            cancellation.ThrowIfCancellationRequested();
            return Read(_step.Transform(row), []);
        }

        using SegmentationTransformer stoppable = model.WithCancellation(cancellation);
        return Read(stoppable.Transform(row), model.Structures[0].Raters.Select(
            rater => (rater, model.Structures[0].RaterColumnName(rater))));
    }

    /// <summary>
    /// The soft map after each of several numbers of generations (or passes with dropout). All come from one long sampling: from its first
    /// generation, its first two generations, and so on.
    /// </summary>
    /// <param name="features">The result of <see cref="Prepare"/>.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="counts">The numbers of generations, in ascending order.</param>
    /// <param name="cancellation">Ends sampling.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<float[]> PredictAfter(float[] features, int size, IReadOnlyList<int> counts, CancellationToken cancellation)
    {
        var model = (SegmentationTransformer)_step;
        using SegmentationTransformer longer = model.WithSampling(model.Sampling with { Generations = counts[^1], Tolerance = null }),
            stoppable = longer.WithCancellation(cancellation);
        float[] samples = stoppable.Transform(Row(features, size)).GetColumn<float[]>(SamplesColumn).Single();
        int generation = samples.Length / counts[^1];
        return [.. counts.Select(count => model.SoftMapFrom(samples.AsSpan(0, count * generation)))];
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();

    private IDataView Row(float[] features, int size)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Prepared));
        schema[nameof(Prepared.Features)].ColumnType = new VectorDataViewType(
            NumberDataViewType.Single, features.Length / (size * size), size, size);
        return _ml.Data.LoadFromEnumerable([new Prepared { Features = features }], schema);
    }

    private static Prediction Read(IDataView predicted, IEnumerable<(string Name, string Column)> raters)
    {
        DataViewSchema.Column soft = predicted.Schema["SoftMap"], levels = predicted.Schema["ConsensusMaps"],
            uncertainty = predicted.Schema["Uncertainty"];
        DataViewSchema.Column? samples = predicted.Schema.GetColumnOrNull(SamplesColumn);
        (string Name, DataViewSchema.Column Column)[] drawn =
            [.. raters.Select(rater => (rater.Name, predicted.Schema[rater.Column]))];
        using DataViewRowCursor cursor = predicted.GetRowCursor(
        [
            soft, levels, uncertainty, .. new[] { samples }.OfType<DataViewSchema.Column>(), .. drawn.Select(rater => rater.Column),
        ]);
        cursor.MoveNext();

        // Reading the first column makes the model predict. The other columns then need no time.
        var watch = Stopwatch.StartNew();
        float[] map = Values(soft);
        double milliseconds = watch.Elapsed.TotalMilliseconds;
        return new(map, Values(levels), Values(uncertainty), samples is null ? null : Values(samples.Value), milliseconds)
        {
            RaterMaps = [.. drawn.Select(rater => (rater.Name, Values(rater.Column)))],
        };

        float[] Values(DataViewSchema.Column column)
        {
            VBuffer<float> values = default;
            cursor.GetGetter<VBuffer<float>>(column)(ref values);
            return [.. values.DenseValues()];
        }
    }

    private sealed class Prepared
    {
        public float[] Features { get; set; } = [];
    }
}
