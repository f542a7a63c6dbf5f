using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>The trained pipeline as ML.NET's own tools use it.</summary>
[Collection(nameof(TinyModel))]
public sealed class PipelineTests(TinyModel tiny)
{
    private readonly MLContext _ml = tiny.Context;

    [Fact]
    public void Output_columns_are_vectors_of_known_size_but_for_the_samples()
    {
        DataViewSchema schema = tiny.Model.GetOutputSchema(tiny.Data.Schema);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 16, 16), schema["SoftMap"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3, 16, 16), schema["ConsensusMaps"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 16, 16), schema["Uncertainty"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 1, 16, 16), schema["Features"].Type);

        // The number of samples is open. ML.NET writes 0 for that.
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 0, 16, 16), schema["Samples"].Type);
    }

    [Fact]
    public void Maps_have_the_ranges_that_the_column_contract_promises()
    {
        foreach (MapsRow row in Rows(tiny.Model.Transform(tiny.Data)))
        {
            Assert.All(row.SoftMap, value => Assert.InRange(value, 0, 1));
            Assert.All(row.ConsensusMaps, value => Assert.InRange(value, 0, 1));
            Assert.All(row.Uncertainty, value => Assert.InRange(value, 0, 1));
            Assert.Contains(row.SoftMap, value => value > 0);
            Assert.Contains(row.Uncertainty, value => value > 0);

            // The soft map is made of the levels: rounded, then averaged.
            for (int pixel = 0; pixel < row.SoftMap.Length; pixel++)
            {
                int levels = Enumerable.Range(0, 3).Count(level => row.ConsensusMaps[(level * row.SoftMap.Length) + pixel] > 0.5f);
                Assert.Equal(levels / 3f, row.SoftMap[pixel], 5);
            }
        }
    }

    [Fact]
    public void Built_in_steps_after_the_model_read_its_maps()
    {
        IDataView view = tiny.Model.Transform(tiny.Data);
        foreach ((float[] map, float[] scaled) in view.GetColumn<float[]>("SoftMap").Zip(view.GetColumn<float[]>("ScaledMap")))
        {
            Assert.Equal(map.Length, scaled.Length);
        }
    }

    [Fact]
    public void A_prediction_engine_gives_the_maps_of_the_batch()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        using PredictionEngine<CaseRow, MapsRow> engine = _ml.Model.CreatePredictionEngine<CaseRow, MapsRow>(
            tiny.Model, new PredictionEngineOptions { OwnsTransformer = false });
        using IDisposable threads = TorchRuntime.UseThreads(1); // as for each row of the batch; their number changes rounding
        for (int i = 0; i < tiny.Cases.Length; i++)
        {
            Assert.Equal(expected[i], engine.Predict(tiny.Cases[i]).SoftMap);
        }
    }

    [Fact]
    public void A_prediction_engine_does_not_remember_the_row_before()
    {
        using PredictionEngine<CaseRow, MapsRow> engine = _ml.Model.CreatePredictionEngine<CaseRow, MapsRow>(
            tiny.Model, new PredictionEngineOptions { OwnsTransformer = false });
        float[] first = engine.Predict(tiny.Cases[0]).SoftMap;
        Assert.NotEqual(first, engine.Predict(tiny.Cases[1]).SoftMap);
        Assert.Equal(first, engine.Predict(tiny.Cases[0]).SoftMap);
    }

    [Fact]
    public void Prediction_needs_the_image_path_alone()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        IDataView paths = _ml.Data.LoadFromEnumerable(tiny.Cases.Select(row => new PathRow { ImagePath = row.ImagePath }).ToArray());
        Assert.Equal(expected, TinyModel.SoftMaps(tiny.Model, paths));
    }

    [Fact]
    public void A_cache_holds_the_maps()
    {
        IDataView view = tiny.Model.Transform(tiny.Data);
        IDataView cached = _ml.Data.Cache(view, "SoftMap", "ConsensusMaps");
        Assert.Equal(view.GetColumn<float[]>("SoftMap").ToArray(), cached.GetColumn<float[]>("SoftMap").ToArray());
        Assert.Equal(view.GetColumn<float[]>("ConsensusMaps").ToArray(), cached.GetColumn<float[]>("ConsensusMaps").ToArray());
    }

    [Fact]
    public void The_log_is_the_same_in_an_application_of_any_culture()
    {
        Assert.NotEmpty(Logged());
        Assert.Equal(Logged(), ForeignCulture.Run(Logged));

        List<string> Logged()
        {
            var context = new MLContext(seed: -5);
            var log = new List<string>();
            context.Log += (_, message) => log.Add(message.RawMessage);
            ConsensusSegmentationEstimator.Options options = TinyModel.Options();
            options.Training = options.Training with { ValidationFraction = 0.3, Validations = 2 };
            using var model = context.Transforms.LoadSlices("Image", "ImagePath")
                .Append(context.Transforms.ResizeSlices("Features", "Image", height: 16, width: 16))
                .Append(context.Transforms.AugmentSlices("Features"))
                .Append(context.Transforms.ConsensusSegment(options))
                .Fit(tiny.Data) as IDisposable;
            return [.. log.Where(line => !line.Contains("Elapsed", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public void The_augmentation_policy_survives_a_cache_before_the_trainer()
    {
        var context = new MLContext(seed: 5);
        var log = new List<string>();
        context.Log += (_, message) => log.Add(message.RawMessage);
        ITransformer model = context.Transforms.LoadSlices("Image", "ImagePath")
            .Append(context.Transforms.NormalizeSlices("Image"))
            .Append(context.Transforms.ResizeSlices("Features", "Image", height: 16, width: 16))
            .Append(context.Transforms.AugmentSlices("Features", new AugmentationPolicy { RotationDegrees = 7 }))
            .AppendCacheCheckpoint(context)
            .Append(context.Transforms.ConsensusSegment(TinyModel.Options()))
            .Fit(tiny.Data);
        using var disposable = model as IDisposable;
        Assert.Contains(log, line => line.StartsWith("Augmentation:", StringComparison.Ordinal) && line.Contains("RotationDegrees = 7"));
    }

    [Fact]
    public void Shuffled_rows_keep_their_maps()
    {
        float[][] expected = TinyModel.SoftMaps(tiny.Model, tiny.Data);
        IDataView shuffled = _ml.Data.ShuffleRows(tiny.Model.Transform(tiny.Data), seed: 3);
        string[] names = [.. shuffled.GetColumn<string>("Case")];
        float[][] maps = [.. shuffled.GetColumn<float[]>("SoftMap")];
        foreach ((NamedMap row, int at) in _ml.Data.CreateEnumerable<NamedMap>(shuffled, reuseRowObject: false).Zip(Enumerable.Range(0, 4)))
        {
            Assert.Equal(expected[Array.FindIndex(tiny.Cases, other => other.Case == row.Case)], row.SoftMap);
            Assert.Equal(maps[at].Length, row.SoftMap.Length);
        }

        Assert.Equal(4, names.Length);
    }

    [Fact]
    public void A_split_of_the_predictions_keeps_every_row()
    {
        DataOperationsCatalog.TrainTestData split = _ml.Data.TrainTestSplit(tiny.Model.Transform(tiny.Data), testFraction: 0.5, seed: 1);
        string[] names = [.. split.TrainSet.GetColumn<string>("Case"), .. split.TestSet.GetColumn<string>("Case")];
        Assert.Equal(tiny.Cases.Select(row => row.Case).Order(), names.Order());
        Assert.All(split.TestSet.GetColumn<float[]>("SoftMap"), map => Assert.Equal(256, map.Length));
    }

    [Fact]
    public void Predictions_survive_ML_NETs_binary_format()
    {
        using var folder = new TemporaryFolder();
        IDataView view = _ml.Transforms.SelectColumns("Case", "SoftMap", "Uncertainty")
            .Fit(tiny.Model.Transform(tiny.Data))
            .Transform(tiny.Model.Transform(tiny.Data));
        using (FileStream stream = File.Create(folder["maps.idv"]))
        {
            _ml.Data.SaveAsBinary(view, stream);
        }

        Assert.Equal(
            view.GetColumn<float[]>("SoftMap").ToArray(),
            _ml.Data.LoadFromBinary(folder["maps.idv"]).GetColumn<float[]>("SoftMap").ToArray());
    }

    [Fact]
    public void Columns_that_were_not_asked_for_cannot_be_read()
    {
        IDataView view = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(tiny.Data).Transform(tiny.Data);
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Case"]]);
        Assert.True(cursor.IsColumnActive(view.Schema["Case"]));
        Assert.False(cursor.IsColumnActive(view.Schema["Image"]));
        Assert.Throws<ArgumentOutOfRangeException>(() => cursor.GetGetter<Slice>(view.Schema["Image"]));
    }

    [Fact]
    public void A_column_read_as_another_type_says_which_it_has()
    {
        IDataView view = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(tiny.Data).Transform(tiny.Data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        Assert.Contains("'Image'", Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Image"])).Message);
    }

    private IEnumerable<MapsRow> Rows(IDataView view) => _ml.Data.CreateEnumerable<MapsRow>(view, reuseRowObject: false);

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class NamedMap
    {
        public string Case { get; set; } = "";

        public float[] SoftMap { get; set; } = [];
    }
}
