using Consensus.ML.Diffusion;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Consensus.ML.Api.Tests;

/// <summary>One model in a server: many threads at once, requests that are given up, and requests that take too long.</summary>
[Collection(nameof(TinyModel))]
public sealed class ServingTests(TinyModel tiny)
{
    // So many maps that only a prediction that is broken off can end within a test.
    private static readonly SamplingOptions Endless = new() { Generations = 1000, BatchSize = 3 };

    [Fact]
    public async Task Eight_prediction_engines_over_one_model_give_the_maps_of_one_and_leave_nothing_behind()
    {
        using ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model.WithSampling(new() { Generations = 1 }));
        FeaturesRow[] rows = [.. Enumerable.Range(0, 4).Select(Row)];
        float[][] expected;
        using (PredictionEngine<FeaturesRow, MapsRow> engine = Engine(model))
        {
            expected = [.. rows.Select(row => engine.Predict(row).SoftMap)];
        }

        Assert.NotEqual(expected[0], expected[1]);
        Task[] threads = [.. Enumerable.Range(0, 8).Select(thread => Task.Factory.StartNew(() =>
        {
            using PredictionEngine<FeaturesRow, MapsRow> engine = Engine(model);
            engine.Predict(rows[thread % 4]);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            for (int i = 0; i < 8; i++)
            {
                int at = (i + thread) % 4;
                Assert.Equal(expected[at], engine.Predict(rows[at]).SoftMap);
            }

            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        await Task.WhenAll(threads);
    }

    [Fact]
    public async Task A_prediction_under_way_is_cancelled_and_the_model_goes_on_serving()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        using var source = new CancellationTokenSource();
        using ConsensusSegmentationTransformer endless = DeterminismTests.Segmentation(tiny.Model.WithSampling(Endless));
        using ConsensusSegmentationTransformer cancellable = endless.WithCancellation(source.Token);
        Task prediction = Task.Run(() => TinyModel.SoftMaps(cancellable, Features()), TestContext.Current.CancellationToken);
        await Task.WhenAny(prediction, Task.Delay(300, TestContext.Current.CancellationToken));
        Assert.False(prediction.IsCompleted);
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => prediction);
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.Equal(expected, TinyModel.SoftMaps(tiny.Model, tiny.Data));
    }

    [Fact]
    public async Task A_prediction_that_waits_for_its_turn_is_cancelled_without_waiting()
    {
        using CancellationTokenSource first = new(), second = new();
        using ConsensusSegmentationTransformer endless = DeterminismTests.Segmentation(tiny.Model.WithSampling(Endless));
        using ConsensusSegmentationTransformer busy = endless.WithCancellation(first.Token), waiting = endless.WithCancellation(second.Token);
        Task working = Task.Run(() => TinyModel.SoftMaps(busy, Features()), TestContext.Current.CancellationToken);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        second.CancelAfter(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => TinyModel.SoftMaps(waiting, Features())));
        Assert.False(working.IsCompleted);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
    }

    [Fact]
    public void A_prediction_that_takes_longer_than_its_limit_times_out_and_others_do_not()
    {
        ITransformer chain = tiny.Model.WithSampling(Endless).WithTimeLimit(TimeSpan.FromMilliseconds(50));
        using (ConsensusSegmentationTransformer limited = DeterminismTests.Segmentation(chain))
        {
            var exception = Assert.Throws<TimeoutException>(() => TinyModel.SoftMaps(limited, Features()));
            Assert.Contains("longer than its limit of 00:00:00.0500000", exception.Message, StringComparison.Ordinal);

            // The limit stays with the model when its sampling changes, and a token beside it works.
            using ConsensusSegmentationTransformer cancelled = limited.WithSampling(Endless).WithCancellation(new(canceled: true));
            Assert.ThrowsAny<OperationCanceledException>(() => TinyModel.SoftMaps(cancelled, Features()));
            Assert.Throws<TimeoutException>(() => TinyModel.SoftMaps(limited.WithSampling(Endless with { Seed = 1 }), Features()));
        }

        using ConsensusSegmentationTransformer patient = DeterminismTests.Segmentation(tiny.Model.WithTimeLimit(TimeSpan.FromMinutes(10)));
        Assert.Equal(TinyModel.SoftMaps(tiny.Model, tiny.Data), TinyModel.SoftMaps(tiny.Model.WithTimeLimit(TimeSpan.FromMinutes(10)), tiny.Data));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Model.WithTimeLimit(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Model.WithTimeLimit(Timeout.InfiniteTimeSpan));
    }

    private static FeaturesRow Row(int number) => new() { Features = [.. Enumerable.Range(0, 256).Select(i => ((i + number) % 7) - 3f)] };

    private PredictionEngine<FeaturesRow, MapsRow> Engine(ITransformer model) =>
        tiny.Context.Model.CreatePredictionEngine<FeaturesRow, MapsRow>(model, new PredictionEngineOptions { OwnsTransformer = false });

    private IDataView Features() => tiny.Context.Data.LoadFromEnumerable(new[] { Row(0) });

    private sealed class FeaturesRow
    {
        [VectorType(1, 16, 16)]
        public float[] Features { get; set; } = [];
    }
}
