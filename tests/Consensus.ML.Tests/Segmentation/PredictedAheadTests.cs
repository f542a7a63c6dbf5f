using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>Rows that are predicted ahead, side by side, have the maps of rows predicted one after another.</summary>
[Collection(nameof(TorchMemory))]
public sealed class PredictedAheadTests
{
    private const int Count = 7;

    // A pass of the cursor reads a row directly, and from the second on ahead: two at a time, at most four before they are asked for.
    private const int MostAhead = 4;

    private readonly MLContext _ml = new(seed: 3);

    [Fact]
    public void Maps_are_those_of_predictions_one_after_another_with_as_many_threads_each_to_the_bit()
    {
        using ConsensusSegmentationTransformer model = Train();
        float[][] together, alone;
        using (TorchRuntime.UseThreads(2))
        {
            together = [.. model.Transform(Rows()).GetColumn<float[]>("ConsensusMaps")];
        }

        Assert.Equal(Count, model.Predictions);
        using (TorchRuntime.UseThreads(1))
        {
            alone = [.. Enumerable.Range(1, Count).Select(id => model.Transform(
                _ml.Data.LoadFromEnumerable([Row(id)])).GetColumn<float[]>("ConsensusMaps").Single())];
        }

        Assert.Equal(alone, together);
    }

    /// <summary>A GPU takes slices together. A row of this model has four passes, so that eight at once are two rows.</summary>
    [Fact]
    public void Rows_that_are_predicted_together_have_their_own_maps_are_read_lazily_and_name_the_one_that_fails()
    {
        using ConsensusSegmentationTransformer trained = Train();
        using SegmentationTransformer model = trained.WithSampling(trained.Sampling with { BatchSize = 8 });
        float[][] alone = [.. Enumerable.Range(1, Count).Select(id => model.Transform(
            _ml.Data.LoadFromEnumerable([Row(id)])).GetColumn<float[]>("ConsensusMaps").Single())];
        trained.TakesSlicesTogether = true;
        int before = trained.Predictions;
        float[][] together = [.. model.Transform(Rows()).GetColumn<float[]>("ConsensusMaps")];
        Assert.Equal(before + Count, trained.Predictions);
        Assert.Equal(Count, together.Length);
        for (int row = 0; row < Count; row++)
        {
            Assert.All(alone[row].Zip(together[row]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }

        // The first row alone; then two workers, each at most two batches of two rows ahead.
        before = trained.Predictions;
        IDataView many = model.Transform(Rows(100));
        Assert.Equal(3, many.GetColumn<float[]>("SoftMap").Take(3).Count());
        Assert.InRange(trained.Predictions - before, 3, 1 + (5 * 2));

        Features[] rows = [.. Enumerable.Range(1, Count).Select(Row)];
        rows[4].Features_[7] = float.NaN;
        int given = 0;
        var exception = Assert.ThrowsAny<Exception>(() =>
        {
            foreach (float[] _ in model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("SoftMap"))
            {
                given++;
            }
        });
        Assert.Equal(4, given);
        Assert.Contains("has the value NaN in column 'Features'", exception.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_threads_changes_maps_by_rounding_alone()
    {
        using ConsensusSegmentationTransformer model = Train();
        float[][] one = MapsWith(1), two = MapsWith(2);
        for (int row = 0; row < one.Length; row++)
        {
            // Sums of float32 in another order: some units of 6e-8, which a few layers and sampling steps make larger.
            Assert.All(one[row].Zip(two[row]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }

        float[][] MapsWith(int threads)
        {
            // One row each, so that each has all threads.
            using IDisposable used = TorchRuntime.UseThreads(threads);
            return [.. Enumerable.Range(1, 3).Select(id => model.Transform(
                _ml.Data.LoadFromEnumerable([Row(id)])).GetColumn<float[]>("ConsensusMaps").Single())];
        }
    }

    [Fact]
    public void Who_reads_one_row_has_one_prediction_and_who_stops_early_leaves_no_work()
    {
        using IDisposable threads = TorchRuntime.UseThreads(2);
        using ConsensusSegmentationTransformer model = Train();
        IDataView view = model.Transform(Rows());
        int predictions;
        using (DataViewRowCursor cursor = view.GetRowCursor([view.Schema["SoftMap"]]))
        {
            ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["SoftMap"]);
            VBuffer<float> map = default;
            Assert.True(cursor.MoveNext());
            getter(ref map);
            Assert.Equal(1, model.Predictions);
            Assert.True(cursor.MoveNext());
            getter(ref map);
            predictions = model.Predictions;
        }

        int after = model.Predictions;
        Assert.InRange(after, 2, 2 + MostAhead);
        Assert.InRange(predictions, 2, after);
        Assert.Equal(Count, view.GetColumn<float[]>("SoftMap").Count());
        Assert.Equal(after + Count, model.Predictions);
    }

    [Fact]
    public void Rows_that_come_in_another_order_each_time_have_their_own_maps()
    {
        using IDisposable threads = TorchRuntime.UseThreads(2);
        using ConsensusSegmentationTransformer model = Train();
        Dictionary<int, float[]> maps = ById(model.Transform(Rows()));
        Assert.Equal(Count, maps.Count);

        // The view shuffles for each cursor anew, and says how many rows it has.
        IDataView shuffled = model.Transform(_ml.Data.ShuffleRows(Rows()));
        for (int pass = 0; pass < 3; pass++)
        {
            Dictionary<int, float[]> found = ById(shuffled);
            Assert.All(maps, item => Assert.True(
                item.Value.Zip(found[item.Key]).All(pair => Math.Abs(pair.First - pair.Second) < 1e-3f),
                $"Row {item.Key} has another map."));
        }
    }

    [Fact]
    public void Rows_of_a_source_that_gives_each_once_are_read_once()
    {
        using IDisposable threads = TorchRuntime.UseThreads(2);
        using ConsensusSegmentationTransformer model = Train();
        int given = 0;
        Assert.Equal(Count, model.Transform(_ml.Data.LoadFromEnumerable(Stream())).GetColumn<float[]>("SoftMap").Count());
        Assert.Equal((Count, Count), (given, model.Predictions));

        IEnumerable<Features> Stream()
        {
            for (int id = 1; id <= Count; id++)
            {
                given++;
                yield return Row(id);
            }
        }
    }

    [Fact]
    public void A_row_that_cannot_be_predicted_is_named_after_the_rows_before_it_were_given()
    {
        using IDisposable threads = TorchRuntime.UseThreads(2);
        using ConsensusSegmentationTransformer model = Train();
        Features[] rows = [.. Enumerable.Range(1, Count).Select(Row)];
        rows[4].Features_[7] = float.NaN;
        int given = 0;
        var exception = Assert.ThrowsAny<Exception>(() =>
        {
            foreach (float[] _ in model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("SoftMap"))
            {
                given++;
            }
        });
        Assert.Equal(4, given);
        Assert.Contains("has the value NaN in column 'Features'", exception.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_and_disposing_in_the_middle_end_the_rows_with_the_exceptions_of_a_prediction()
    {
        using IDisposable threads = TorchRuntime.UseThreads(2);
        using var source = new CancellationTokenSource();
        using ConsensusSegmentationTransformer model = Train();
        using (SegmentationTransformer ending = model.WithCancellation(source.Token))
        {
            Exception exception = ReadUntilFailure(ending, source.Cancel).GetBaseException();
            Assert.Equal(source.Token, Assert.IsAssignableFrom<OperationCanceledException>(exception).CancellationToken);
        }

        SegmentationTransformer gone = model.WithSampling(model.Sampling);
        Assert.IsType<ObjectDisposedException>(ReadUntilFailure(gone, gone.Dispose).GetBaseException());

        // After the third row, rows that were predicted ahead may still be given.
        Exception ReadUntilFailure(SegmentationTransformer transformer, Action afterThird)
        {
            int given = 0;
            return Assert.ThrowsAny<Exception>(() =>
            {
                foreach (float[] _ in transformer.Transform(Rows(100)).GetColumn<float[]>("SoftMap"))
                {
                    if (++given == 3)
                    {
                        afterThird();
                    }

                    Assert.InRange(given, 1, 3 + MostAhead);
                }
            });
        }
    }

    private Dictionary<int, float[]> ById(IDataView view) =>
        _ml.Data.CreateEnumerable<Maps>(view, reuseRowObject: false).ToDictionary(row => row.Id, row => row.SoftMap);

    private static Features Row(int id)
    {
        var random = new Random(id);
        return new()
        {
            Id = id,
            Features_ = [.. Enumerable.Range(0, 256).Select(_ => random.NextSingle())],
            Masks = [.. Enumerable.Range(0, 512).Select(_ => random.Next(2) == 1)],
        };
    }

    private IDataView Rows(int count = Count) => _ml.Data.LoadFromEnumerable(Enumerable.Range(1, count).Select(Row).ToArray());

    private ConsensusSegmentationTransformer Train() => _ml.Transforms.ConsensusSegment(new ConsensusSegmentationEstimator.Options
    {
        AnnotationsColumnName = "Masks",
        Network = SmallNetwork.Options,
        Diffusion = new() { Steps = 4, Prediction = PredictionType.XStart },
        Training = new() { Steps = 2, BatchSize = 2, Validations = 1, ValidationFraction = 0.3, Threads = 1 },
        Sampling = new() { Generations = 2 },
    }).Fit(Rows());

    private sealed class Features
    {
        public int Id { get; set; }

        [ColumnName("Features")]
        [VectorType(1, 16, 16)]
        public float[] Features_ { get; set; } = [];

        [VectorType(2, 16, 16)]
        public bool[] Masks { get; set; } = [];
    }

    private sealed class Maps
    {
        public int Id { get; set; }

        public float[] SoftMap { get; set; } = [];
    }
}
