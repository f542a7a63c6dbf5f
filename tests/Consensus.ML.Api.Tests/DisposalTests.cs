using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

[Collection(nameof(TinyModel))]
public sealed class DisposalTests(TinyModel tiny)
{
    private readonly SamplingOptions _sampling = new() { Generations = 1 };

    [Fact]
    public void A_disposed_model_says_so()
    {
        ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model.WithSampling(_sampling));
        IDataView view = model.Transform(Features());
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => view.GetColumn<float[]>("SoftMap").ToArray());
        Assert.Throws<ObjectDisposedException>(() => model.WithSampling(_sampling));
        Assert.Throws<ObjectDisposedException>(() => tiny.Context.Model.Save(model, Features().Schema, Stream.Null));
    }

    [Fact]
    public void Weights_stay_as_long_as_one_model_uses_them()
    {
        ConsensusSegmentationTransformer first = DeterminismTests.Segmentation(tiny.Model.WithSampling(_sampling));
        ConsensusSegmentationTransformer second = first.WithSampling(_sampling);
        float[] before = TinyModel.SoftMaps(second, Features())[0];
        first.Dispose();
        Assert.Equal(before, TinyModel.SoftMaps(second, Features())[0]);
        second.Dispose();
        Assert.Equal(256, TinyModel.SoftMaps(tiny.Model, tiny.Data)[0].Length);
    }

    [Fact]
    public async Task A_model_can_be_disposed_while_others_predict()
    {
        ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model.WithSampling(_sampling));
        float[] expected = TinyModel.SoftMaps(model, Features())[0];
        int whole = 0;
        var enough = new TaskCompletionSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            try
            {
                while (true)
                {
                    Assert.Equal(expected, TinyModel.SoftMaps(model, Features())[0]);
                    if (Interlocked.Increment(ref whole) == 3)
                    {
                        enough.SetResult();
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                // This is the only other result that is allowed: never a crash, never a wrong map.
            }
        }))];
        Task all = Task.WhenAll(readers);
        await Task.WhenAny(enough.Task, all);
        model.Dispose();
        await all;
        Assert.True(whole >= 3);
    }

    /// <summary>Rows as input of the segmentation step alone.</summary>
    private IDataView Features() => tiny.Context.Data.LoadFromEnumerable(
        new[] { new FeaturesRow { Features = [.. Enumerable.Range(0, 256).Select(i => (i % 7) - 3f)] } });

    private sealed class FeaturesRow
    {
        [VectorType(1, 16, 16)]
        public float[] Features { get; set; } = [];
    }
}
