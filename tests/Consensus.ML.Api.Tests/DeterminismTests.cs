using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>The same slice gives the same maps, whatever else is read with it.</summary>
[Collection(nameof(TinyModel))]
public sealed class DeterminismTests(TinyModel tiny)
{
    private readonly MLContext _ml = tiny.Context;

    [Fact]
    public void A_row_gives_the_same_maps_alone_and_in_any_order()
    {
        float[][] together = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        for (int i = 0; i < tiny.Cases.Length; i++)
        {
            Assert.Equal(together[i], Assert.Single(TinyModel.SoftMaps(tiny.Model, _ml.Data.LoadFromEnumerable(new[] { tiny.Cases[i] }))));
        }

        Assert.Equal(together.Reverse(), TinyModel.SoftMaps(tiny.Model, _ml.Data.LoadFromEnumerable(tiny.Cases.Reverse().ToArray())));
        Assert.NotEqual(together[0], together[1]);
    }

    [Fact]
    public void Several_threads_get_the_maps_of_one()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        var results = new float[6][][];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 3 }, i =>
            results[i] = TinyModel.SoftMaps(tiny.Model, tiny.Data));
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Fact]
    public void A_set_of_cursors_shares_out_the_rows_and_changes_none()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        IDataView view = tiny.Model.Transform(tiny.Data);
        DataViewSchema.Column name = view.Schema["Case"], map = view.Schema["SoftMap"];
        var found = new Dictionary<string, float[]>();
        DataViewRowCursor[] cursors = view.GetRowCursorSet([name, map], 3);
        foreach (DataViewRowCursor cursor in cursors)
        {
            using (cursor)
            {
                ValueGetter<ReadOnlyMemory<char>> nameGetter = cursor.GetGetter<ReadOnlyMemory<char>>(name);
                ValueGetter<VBuffer<float>> mapGetter = cursor.GetGetter<VBuffer<float>>(map);
                while (cursor.MoveNext())
                {
                    ReadOnlyMemory<char> text = default;
                    VBuffer<float> values = default;
                    nameGetter(ref text);
                    mapGetter(ref values);
                    found.Add(text.ToString(), [.. values.DenseValues()]);
                }
            }
        }

        Assert.Equal(expected, tiny.Cases.Select(row => found[row.Case]));
    }

    [Fact]
    public void Training_twice_with_one_seed_gives_one_model_and_another_seed_another()
    {
        float[] Train(int seed)
        {
            var context = new MLContext();
            ConsensusSegmentationEstimator.Options options = TinyModel.Options();
            options.Seed = seed;
            using var model = (IDisposable)Pipelines.Build(context, options).Fit(tiny.Data);
            return TinyModel.SoftMaps((ITransformer)model, tiny.Data)[0];
        }

        float[] first = Train(11);
        Assert.Equal(first, Train(11));
        Assert.NotEqual(first, Train(12));
    }

    [Fact]
    public void Other_sampling_changes_the_maps_and_leaves_the_first_model_alone()
    {
        float[][] before = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        ITransformer other = tiny.Model.WithSampling(new SamplingOptions { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 3 });
        ITransformer reseeded = tiny.Model.WithSampling(Segmentation(tiny.Model).Sampling with { Seed = 99 });
        ITransformer same = tiny.Model.WithSampling(Segmentation(tiny.Model).Sampling);
        try
        {
            Assert.NotEqual(before[0], TinyModel.SoftMaps(other, tiny.Data)[0]);
            Assert.NotEqual(before[0], TinyModel.SoftMaps(reseeded, tiny.Data)[0]);
            Assert.Equal(before, TinyModel.SoftMaps(same, tiny.Data));
            Assert.Equal(before, TinyModel.SoftMaps(tiny.Model, tiny.Data));
            Assert.Equal(3, Segmentation(other).Sampling.Steps);
        }
        finally
        {
            Assert.All([other, reseeded, same], model => Segmentation(model).Dispose());
        }
    }

    [Fact]
    public void Sampling_changes_inside_nested_chains()
    {
        var chain = new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(tiny.Model));
        var changed = (TransformerChain<ITransformer>)chain.WithSampling(new SamplingOptions { Generations = 1, Seed = 4 });
        using ConsensusSegmentationTransformer inner = Segmentation(((TransformerChain<ITransformer>)changed.Single()).Single());
        Assert.Equal(4, inner.Sampling.Seed);
        Assert.NotEqual(TinyModel.SoftMaps(tiny.Model, tiny.Data)[0], TinyModel.SoftMaps(changed, tiny.Data)[0]);
    }

    [Fact]
    public void More_sampling_steps_than_the_model_has_are_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => tiny.Model.WithSampling(new SamplingOptions { Steps = 9 }));
        Assert.Contains("Sampling.Steps is 9", exception.Message);
        Assert.Contains("from 1 to 8", exception.Message);
    }

    [Fact]
    public void A_model_without_segmentation_has_no_sampling_to_change()
    {
        ITransformer copy = _ml.Transforms.CopyColumns("Other", "Case").Fit(tiny.Data);
        Assert.Contains(
            "no consensus segmentation", Assert.Throws<ArgumentException>(() => copy.WithSampling(new SamplingOptions())).Message);
    }

    internal static ConsensusSegmentationTransformer Segmentation(ITransformer model) =>
        model as ConsensusSegmentationTransformer
            ?? ((IEnumerable<ITransformer>)model)
                .Select(step => step is ConsensusSegmentationTransformer or IEnumerable<ITransformer> ? Segmentation(step) : null)
                .First(step => step is not null)!;
}
