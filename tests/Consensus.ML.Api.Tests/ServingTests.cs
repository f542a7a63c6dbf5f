using System.Diagnostics;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Consensus.ML.Api.Tests;

/// <summary>One model in a server: many threads at once, cancelled requests, and requests that take too long.</summary>
[Collection(nameof(TinyModel))]
public sealed class ServingTests(TinyModel tiny)
{
    // So many maps that a prediction can end within a test only if it is stopped.
    private static readonly SamplingOptions Endless = new() { Generations = 1000, BatchSize = 3 };

    [Fact]
    public async Task Eight_prediction_engines_over_one_model_give_the_maps_of_one_and_leave_nothing_behind()
    {
        using ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model.WithSampling(new() { Generations = 1 }));
        FeaturesRow[] rows = [.. Enumerable.Range(0, 4).Select(Row)];
        float[][] expected = Expected(model, rows);
        Assert.NotEqual(expected[0], expected[1]);
        await Serve(model, rows, expected, requestsEach: 8);
    }

    /// <summary>Takes minutes: <c>dotnet test -c Release --filter "Category=Slow"</c>.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task Twelve_thousand_requests_of_eight_threads_are_served_in_the_memory_of_the_first_half()
    {
        // Every round has eight new threads. The allocator keeps memory for threads (arenas), which settles only after some tens of
        // threads. A request that kept one activation, 32 KiB, would add 190 MB in the second half.
        const int rounds = 12;
        const long tolerance = 32L << 20;
        using ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(
            tiny.Model.WithSampling(new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 }));
        FeaturesRow[] rows = [.. Enumerable.Range(0, 4).Select(Row)];
        float[][] expected = Expected(model, rows);
        var held = new List<long>();
        for (int round = 0; round < rounds; round++)
        {
            await Serve(model, rows, expected, requestsEach: 125);

            // Requests that are cancelled or take too long leave nothing behind either.
            using ConsensusSegmentationTransformer given = model.WithCancellation(new(canceled: true)),
                limited = DeterminismTests.Segmentation(tiny.Model.WithSampling(Endless).WithTimeLimit(TimeSpan.FromMilliseconds(20)));
            for (int i = 0; i < 20; i++)
            {
                Assert.ThrowsAny<OperationCanceledException>(() => TinyModel.SoftMaps(given, Features()));
                Assert.Throws<TimeoutException>(() => TinyModel.SoftMaps(limited, Features()));
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            held.Add(process.WorkingSet64);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Resident memory after each round, MiB: {string.Join(", ", held.Select(bytes => bytes >> 20))}.");
        Assert.InRange(held[(rounds / 2)..].Max() - held[..(rounds / 2)].Max(), long.MinValue, tolerance);
    }

    [Fact]
    public async Task A_prediction_under_way_is_cancelled_and_the_model_goes_on_serving()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        using var source = new CancellationTokenSource();
        using ConsensusSegmentationTransformer endless = DeterminismTests.Segmentation(tiny.Model.WithSampling(Endless));
        using ConsensusSegmentationTransformer cancellable = endless.WithCancellation(source.Token);
        var begun = new TaskCompletionSource();
        Task prediction = Begin(cancellable, begun);
        await Task.WhenAny(prediction, begun.Task);
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
        using ConsensusSegmentationTransformer busy = endless.WithCancellation(first.Token),
            waiting = endless.WithCancellation(second.Token);
        TaskCompletionSource begun = new(), asked = new();
        Task working = Begin(busy, begun);
        await Task.WhenAny(working, begun.Task);
        Task queued = Begin(waiting, asked);
        await Task.WhenAny(queued, asked.Task);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
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

            // The limit stays with the model when its sampling changes. A token works together with it.
            using ConsensusSegmentationTransformer cancelled = limited.WithSampling(Endless).WithCancellation(new(canceled: true));
            Assert.ThrowsAny<OperationCanceledException>(() => TinyModel.SoftMaps(cancelled, Features()));
            Assert.Throws<TimeoutException>(() => TinyModel.SoftMaps(limited.WithSampling(Endless with { Seed = 1 }), Features()));
        }

        using ConsensusSegmentationTransformer patient = DeterminismTests.Segmentation(tiny.Model.WithTimeLimit(TimeSpan.FromMinutes(10)));
        Assert.Equal(
            TinyModel.SoftMaps(tiny.Model, tiny.Data), TinyModel.SoftMaps(tiny.Model.WithTimeLimit(TimeSpan.FromMinutes(10)), tiny.Data));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Model.WithTimeLimit(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Model.WithTimeLimit(Timeout.InfiniteTimeSpan));
    }

    /// <summary>Predicts on another thread, and signals when the model has read its row.</summary>
    private Task<float[][]> Begin(ITransformer model, TaskCompletionSource read)
    {
        return Task.Run(
            () => TinyModel.SoftMaps(model, tiny.Context.Data.LoadFromEnumerable(Rows())), TestContext.Current.CancellationToken);

        IEnumerable<FeaturesRow> Rows()
        {
            read.TrySetResult();
            yield return Row(0);
        }
    }

    /// <summary>The soft map of each row, from one engine.</summary>
    private float[][] Expected(ITransformer model, FeaturesRow[] rows)
    {
        using PredictionEngine<FeaturesRow, MapsRow> engine = Engine(model);
        return [.. rows.Select(row => engine.Predict(row).SoftMap)];
    }

    /// <summary>
    /// Eight threads ask for the rows in turn, each with its own engine over the one model. Each must get the expected map and leave no
    /// tensor behind.
    /// </summary>
    private Task Serve(ITransformer model, FeaturesRow[] rows, float[][] expected, int requestsEach) =>
        Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Factory.StartNew(() =>
        {
            using PredictionEngine<FeaturesRow, MapsRow> engine = Engine(model);
            engine.Predict(rows[thread % rows.Length]);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            for (int i = 0; i < requestsEach; i++)
            {
                int at = (i + thread) % rows.Length;
                Assert.Equal(expected[at], engine.Predict(rows[at]).SoftMap);
            }

            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

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
