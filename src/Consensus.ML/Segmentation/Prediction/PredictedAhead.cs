using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Segmentation.Prediction;

/// <summary>
/// Predicts the rows of a cursor. When a second row in turn is asked for, it predicts the rows behind it as well, several at a time, on a
/// GPU several together: it reads their features with a cursor of its own. A prediction made ahead is given for a row only if the row has
/// the very same features. So it does not matter whether another cursor gives the same rows.
/// </summary>
/// <param name="rows">The rows, which can be read again; null where they cannot.</param>
/// <param name="features">The column of the features.</param>
/// <param name="share">How many slices to predict at a time if there are some number of them.</param>
/// <param name="predict">Predicts slices from their features, and gives up when the token is cancelled.</param>
internal sealed class PredictedAhead(
    RereadableRows? rows,
    DataViewSchema.Column features,
    Func<long, PredictionShare> share,
    Func<float[][], CancellationToken, ConsensusPrediction[]> predict) : IDisposable
{
    private readonly Queue<(Row Row, ConsensusPrediction Prediction)> _ready = [];
    private WorkAhead<Row[], ConsensusPrediction[]>? _ahead;
    private DataViewRowCursor? _cursor;
    private long? _last;
    private bool _isGivenUp;

    /// <summary>The prediction of a row.</summary>
    /// <param name="position">Its position in the cursor.</param>
    /// <param name="values">Its features.</param>
    public ConsensusPrediction Predict(long position, float[] values)
    {
        long? before = _last;
        _last = position;
        if (rows is null || _isGivenUp || position < 0)
        {
            return Alone(values);
        }

        PredictionShare shared = share(rows.Count);
        if (before is not null && shared.Workers > 1)
        {
            // Who skips rows does not need them predicted.
            if (position == before + 1 && Take(position, values, shared) is { } prediction)
            {
                return prediction;
            }

            GiveUp();
        }

        // With as many threads as the rows behind it, so that all of them are rounded in the same way.
        using TorchThreads? threads = shared.Workers > 1 ? TorchThreads.Use(shared.TorchThreads) : null;
        return Alone(values);
    }

    /// <inheritdoc/>
    public void Dispose() => GiveUp();

    private ConsensusPrediction Alone(float[] values) => predict([values], CancellationToken.None)[0];

    private ConsensusPrediction? Take(long position, float[] values, PredictionShare shared)
    {
        _ahead ??= Begin(position, shared);
        if (_ready.Count > 0)
        {
            (Row row, ConsensusPrediction prediction) = _ready.Dequeue();
            return row.Is(position, values) ? prediction : null;
        }

        if (_ahead.Take() is not { } next || !next.Item[0].Is(position, values))
        {
            return null;
        }

        try
        {
            ConsensusPrediction[] predictions = next.Result.GetAwaiter().GetResult();
            for (int i = 1; i < predictions.Length; i++)
            {
                _ready.Enqueue((next.Item[i], predictions[i]));
            }

            return predictions[0];
        }
        catch (OperationCanceledException)
        {
            // The prediction of the caller is cancelled as well, and its exception names the token that the caller knows.
            return null;
        }
        catch (NotFiniteOutputException) when (next.Item.Length > 1)
        {
            // Each is predicted alone, which shows the row that cannot be.
            return null;
        }
    }

    private WorkAhead<Row[], ConsensusPrediction[]> Begin(long position, PredictionShare shared)
    {
        DataViewRowCursor cursor = _cursor = rows!.Open([features]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(features);
        VBuffer<float> vector = default;
        return new(
            Next, (batch, stop) => predict([.. batch.Select(row => row.Features)], stop), shared.Workers, shared.TorchThreads);

        bool Next(out Row[] batch)
        {
            List<Row> read = [];
            while (read.Count < shared.Slices && cursor.MoveNext())
            {
                if (cursor.Position >= position)
                {
                    getter(ref vector);
                    read.Add(new(cursor.Position, Vectors.ToArray(vector)));
                }
            }

            batch = [.. read];
            return batch.Length > 0;
        }
    }

    private void GiveUp()
    {
        _isGivenUp = true;
        _ahead?.Dispose();
        _cursor?.Dispose();
        (_ahead, _cursor) = (null, null);
    }

    private readonly record struct Row(long Position, float[] Features)
    {
        public bool Is(long position, float[] values) => Position == position && Features.AsSpan().SequenceEqual(values);
    }
}
