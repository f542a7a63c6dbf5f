using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML.Data;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>Images and masks that never were files. They train, predict and score like the same values from files.</summary>
public sealed class InMemoryTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    [Fact]
    public void A_model_trained_on_files_predicts_slices_in_memory_as_it_predicts_the_files()
    {
        MLContext ml = tiny.Context;
        float[][] fromFiles = SoftMaps(tiny.Model.Transform(tiny.Data));
        Slice[] slices = [.. tiny.Cases.Select(item => SliceReader.Read(item.ImagePath))];

        // TinyModel copies the column of paths first; a usual pipeline begins with LoadSlices.
        var loading = new TransformerChain<ITransformer>([.. tiny.Model.GetSteps().Skip(1)]);

        Assert.Equal(fromFiles, SoftMaps(loading.Transform(ml.Data.LoadFromSlices(slices))));
        Assert.Equal(fromFiles, SoftMaps(loading.Transform(ml.Data.LoadFromSlices(slices.Select(slice => new SliceCase("a", slice))))));
    }

    [Fact]
    public void A_prediction_engine_takes_a_slice()
    {
        MLContext ml = tiny.Context;
        var loading = new TransformerChain<ITransformer>([.. tiny.Model.GetSteps().Skip(1)]);
        using PredictionEngine<SliceRow, MapRow> engine =
            ml.Model.CreatePredictionEngine<SliceRow, MapRow>(loading, new PredictionEngineOptions { OwnsTransformer = false });

        using IDisposable threads = TorchRuntime.UseThreads(1); // as for each row of a cursor; their number changes rounding
        float[] map = engine.Predict(new SliceRow { Image = SliceReader.Read(tiny.Cases[1].ImagePath) }).SoftMap;

        Assert.Equal(SoftMaps(tiny.Model.Transform(tiny.Data))[1], map);
    }

    [Fact]
    public void Training_in_memory_gives_the_model_of_training_on_files()
    {
        var ml = new MLContext(seed: 5);
        EstimatorChain<ConsensusSegmentationTransformer> pipeline = Pipelines.Build(ml, TinyModel.Options());
        SliceCase[] cases =
        [
            .. tiny.Cases.Select(item => new SliceCase(
                item.Case, SliceReader.Read(item.ImagePath), MaskReader.Read(item.AnnotationPaths))),
        ];
        using TransformerChain<ConsensusSegmentationTransformer> onFiles = pipeline.Fit(tiny.Data);
        using TransformerChain<ConsensusSegmentationTransformer> inMemory = pipeline.Fit(ml.Data.LoadFromSlices(cases));

        IDataView expected = onFiles.Transform(tiny.Data), predicted = inMemory.Transform(ml.Data.LoadFromSlices(cases));

        Assert.Equal(SoftMaps(expected), SoftMaps(predicted));
        Assert.Equal(
            ml.Segmentation.Evaluate(expected).DiceAtThresholds, ml.Segmentation.Evaluate(predicted).DiceAtThresholds);
    }

    [Fact]
    public void A_model_trained_in_memory_is_saved_and_predicts_files()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 5);
        IDataView cases = ml.Data.LoadFromSlices(tiny.Cases.Select(item => new SliceCase(
            item.Case, SliceReader.Read(item.ImagePath), MaskReader.Read(item.AnnotationPaths))));
        TransformerChain<ConsensusSegmentationTransformer> model = Pipelines.Build(ml, TinyModel.Options()).Fit(cases);
        using (model)
        {
            ml.Model.Save(model, cases.Schema, folder["model.zip"]);
            ITransformer loaded = ml.Model.Load(folder["model.zip"], out _);
            using (loaded as IDisposable)
            {
                Assert.Equal(SoftMaps(model.Transform(cases)), SoftMaps(loaded.Transform(tiny.Data)));
            }
        }
    }

    [Fact]
    public void Without_paths_and_without_slices_the_missing_column_is_named()
    {
        var loading = new TransformerChain<ITransformer>([.. tiny.Model.GetSteps().Skip(1)]);
        IDataView nothing = tiny.Context.Data.LoadFromEnumerable([new { Case = "a" }]);

        Assert.Contains("'File'", Assert.Throws<ArgumentException>(() => loading.Transform(nothing)).Message);
    }

    [Fact]
    public void A_case_with_more_raters_than_masks_is_refused_by_name()
    {
        var image = new Slice(1, 2, 2, new float[4]);
        var wrong = new SliceCase("eye 7", image, new RaterMasks(1, 2, 2, new byte[4]), ["Ann", "Ben"]);

        string message = Assert.Throws<InvalidDataException>(() => tiny.Context.Data.LoadFromSlices([wrong])).Message;

        Assert.Equal("Case 'eye 7' has 1 masks, but 2 different raters.", message);
    }

    private static float[][] SoftMaps(IDataView data) => [.. data.GetColumn<float[]>("SoftMap")];

    private sealed class SliceRow
    {
        [SliceType]
        public Slice? Image { get; set; }
    }

    private sealed class MapRow
    {
        public float[] SoftMap { get; set; } = [];
    }
}
