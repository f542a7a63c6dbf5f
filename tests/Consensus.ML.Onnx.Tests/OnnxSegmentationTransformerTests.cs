using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Onnx.Tests;

/// <summary>A model from an ONNX file is a model as any other: the same columns, and torch's maps.</summary>
public sealed class OnnxSegmentationTransformerTests
{
    private const float Bound = 1e-5f;

    private static readonly SegmentedStructure[] CoreAndRim = [new("core", 3, ["Ann", "Ben"]), new("rim", 2, [])];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void With_noise_as_an_input_it_gives_the_maps_of_the_zip(int members)
    {
        using SavedModel saved = SavedModel.Diffusion(members: members);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        AssertEqual(saved.Chain, model);
    }

    [Theory]
    [InlineData(1, 16, null, null)]
    [InlineData(6, 16, null, 99)]
    [InlineData(7, 2, null, null)]
    [InlineData(25, 16, 0.02, 5)]
    [InlineData(5, 16, 1e-9, null)]
    public void Generations_batches_tolerance_and_seed_can_be_changed(int generations, int batch, double? tolerance, int? seed)
    {
        using SavedModel saved = SavedModel.Diffusion(members: 2);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        AssertEqual(Changed(saved.Chain), Changed(model));

        ITransformer Changed(ITransformer of) => of.WithSampling(Sampling(of) with
        {
            Generations = generations, BatchSize = batch, Tolerance = tolerance, Seed = seed,
        });
    }

    [Theory]
    [InlineData(LevelConditioning.Channels, 1, 3, 16, null)]
    [InlineData(LevelConditioning.Channels, 2, 5, 2, null)]
    [InlineData(LevelConditioning.Embedding, 1, 4, 16, null)]
    [InlineData(LevelConditioning.Embedding, 2, 25, 16, 0.02)]
    public void Several_structures_and_named_raters_give_the_maps_of_the_zip(
        LevelConditioning conditioning,
        int members,
        int generations,
        int batch,
        double? tolerance)
    {
        using SavedModel saved = SavedModel.Diffusion(CoreAndRim, conditioning, members: members);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        AssertEqual(Changed(saved.Chain), Changed(model));

        ITransformer Changed(ITransformer of) => of.WithSampling(Sampling(of) with
        {
            Generations = generations, BatchSize = batch, Tolerance = tolerance,
        });
    }

    [Fact]
    public void Named_raters_of_one_structure_keep_the_names_of_its_columns()
    {
        using SavedModel saved = SavedModel.Diffusion([new("", 2, ["Ann", "Ben", "Cem"])], LevelConditioning.Channels);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        Assert.Equal(
            ["SoftMap", "ConsensusMaps", "Uncertainty", "Samples", "RaterMap.Ann", "RaterMap.Ben", "RaterMap.Cem"], MapsOf(model));
        AssertEqual(saved.Chain, model);

        // The soft map of fewer generations is made of the levels' samples alone.
        float[] samples = Column(model, "Samples")[1];
        Assert.Equal(Step(saved.Chain).SoftMapFrom(samples), Step(model).SoftMapFrom(samples));
    }

    [Fact]
    public void With_constant_noise_each_structure_has_the_maps_of_its_own_samples()
    {
        using SavedModel saved = SavedModel.Diffusion(CoreAndRim, LevelConditioning.Embedding, OnnxNoise.Constant);
        using (var session = new Microsoft.ML.OnnxRuntime.InferenceSession(saved.Path))
        {
            Assert.Equal(
                [
                    "SoftMap.core", "ConsensusMaps.core", "Uncertainty.core", "RaterMap.core.Ann", "RaterMap.core.Ben",
                    "SoftMap.rim", "ConsensusMaps.rim", "Uncertainty.rim", "Samples",
                ],
                session.OutputNames);
            Assert.Equal([1, 2, 16, 16], session.OutputMetadata["ConsensusMaps.rim"].Dimensions);
            Assert.Equal([3, 7, 16, 16], session.OutputMetadata["Samples"].Dimensions);
        }

        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        foreach ((string name, int levels, _) in CoreAndRim)
        {
            float[] samples = Column(model, $"Samples.{name}")[0], softMap = Column(model, $"SoftMap.{name}")[0];
            int pixels = softMap.Length, generations = samples.Length / levels / pixels;
            Assert.Equal(3, generations);
            float[] means = [.. Enumerable.Range(0, levels * pixels).Select(
                at => Enumerable.Range(0, generations).Average(generation => samples[(generation * levels * pixels) + at]))];
            float[] maps = Column(model, $"ConsensusMaps.{name}")[0];
            Assert.All(means.Zip(maps), pair => Assert.InRange(pair.Second, pair.First - Bound, pair.First + Bound));
            Assert.All(softMap.Select((value, at) => (value, at)), pair => Assert.Equal(
                Enumerable.Range(0, levels).Average(level => maps[(level * pixels) + pair.at] > 0.5f ? 1f : 0f), pair.value, Bound));
        }
    }

    [Theory]
    [InlineData(UNetKind.Levels)]
    [InlineData(UNetKind.MultiHead)]
    [InlineData(UNetKind.SoftLabel)]
    public void One_pass_networks_give_the_maps_of_the_zip(UNetKind kind)
    {
        using SavedModel saved = SavedModel.OnePass(kind);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        AssertEqual(saved.Chain, model);
    }

    [Fact]
    public void What_the_graph_fixes_is_refused_by_name()
    {
        using SavedModel open = SavedModel.Diffusion(), closed = SavedModel.Diffusion(OnnxNoise.Constant);
        using TransformerChain<ITransformer> input = SavedModel.Ml.Model.LoadOnnx(open.Path);
        using TransformerChain<ITransformer> constant = SavedModel.Ml.Model.LoadOnnx(closed.Path);
        Assert.Contains("Steps is 2", Refusal(input, sampling => sampling with { Steps = 3 }), StringComparison.Ordinal);
        Assert.Contains("Mirror is True", Refusal(input, sampling => sampling with { Mirror = false }), StringComparison.Ordinal);
        Assert.Contains(
            "Sampler is Ddim", Refusal(input, sampling => sampling with { Sampler = SamplerKind.Ddpm }), StringComparison.Ordinal);
        Assert.Contains(
            "noise as an input", Refusal(constant, sampling => sampling with { Generations = 9 }), StringComparison.Ordinal);

        static string Refusal(ITransformer model, Func<SamplingOptions, SamplingOptions> change) =>
            Assert.Throws<ArgumentException>(() => model.WithSampling(change(Sampling(model)))).Message;
    }

    [Fact]
    public void Constant_noise_does_not_depend_on_the_image()
    {
        using SavedModel saved = SavedModel.Diffusion(OnnxNoise.Constant);
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        float[][] once = Column(model, "Samples"), again = Column(model, "Samples");
        Assert.Equal(once, again);
        Assert.False(model.GetSteps().OfType<OnnxSegmentationTransformer>().Single().HasNoiseInput);
    }

    [Fact]
    public void A_model_zip_holds_it()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        ITransformer longer = model.WithSampling(Sampling(model) with { Generations = 5 });
        SavedModel.Ml.Model.Save(longer, SavedModel.Slices().Schema, saved.File("model.zip"));
        using var loaded = (TransformerChain<ITransformer>)SavedModel.Ml.Model.Load(saved.File("model.zip"), out _);
        Assert.Equal(5, Sampling(loaded).Generations);
        Assert.Equal(Column(longer, "Samples"), Column(loaded, "Samples"));
    }

    [Fact]
    public void Maps_come_back_to_the_size_of_their_image_where_torchs_do()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        Slice[] expected = Restored(saved.Chain), found = Restored(model);
        Assert.Equal([(16, 16), (40, 31), (9, 77)], found.Select(slice => (slice.Height, slice.Width)));
        foreach ((Slice torch, Slice onnx) in expected.Zip(found))
        {
            Assert.All(torch.Pixels.Zip(onnx.Pixels), pair => Assert.InRange(pair.Second, pair.First - Bound, pair.First + Bound));
        }

        static Slice[] Restored(ITransformer model)
        {
            IDataView maps = model.Transform(SavedModel.Slices());
            return [.. SavedModel.Ml.Transforms.RestoreSlices("Native", "ConsensusMaps", "Image").Fit(maps).Transform(maps)
                .GetColumn<Slice>("Native")];
        }
    }

    [Fact]
    public void Nothing_is_predicted_before_a_map_is_read()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        SegmentationTransformer step = Step(model);
        IDataView maps = model.Transform(SavedModel.Slices());
        _ = maps.GetColumn<float[]>("Features").ToArray();
        Assert.Equal(0, step.Predictions);
        _ = maps.GetColumn<float[]>("SoftMap").First();
        Assert.Equal(1, step.Predictions);
    }

    [Fact]
    public void Predictions_end_with_a_token_a_time_limit_or_the_model()
    {
        using SavedModel saved = SavedModel.Diffusion();
        TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        Assert.Throws<OperationCanceledException>(() => Column(model.WithCancellation(new(canceled: true)), "SoftMap"));
        ITransformer hurried = model.WithSampling(Sampling(model) with { Generations = 1000 }).WithTimeLimit(TimeSpan.FromMilliseconds(1));
        Assert.Throws<TimeoutException>(() => Column(hurried, "SoftMap"));
        (hurried as IDisposable)!.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Column(model, "SoftMap"));
    }

    [Fact]
    public void A_prediction_engine_uses_it()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        using OnnxSegmentationTransformer step = SavedModel.Ml.Transforms.ConsensusSegmentFromOnnx(saved.Path);
        float[] features = model.Transform(SavedModel.Slices()).GetColumn<float[]>("Features").First();
        var schema = SchemaDefinition.Create(typeof(Prepared));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 2, 16, 16);
        PredictionEngine<Prepared, Predicted> engine = SavedModel.Ml.Model.CreatePredictionEngine<Prepared, Predicted>(
            step, new PredictionEngineOptions { InputSchemaDefinition = schema, OwnsTransformer = false });
        Assert.Equal(Column(model, "SoftMap")[0], engine.Predict(new() { Features = features }).SoftMap);
    }

    [Fact]
    public void The_soft_map_of_fewer_generations_is_torchs()
    {
        foreach (SavedModel one in (SavedModel[])[SavedModel.Diffusion(), SavedModel.OnePass(UNetKind.Levels)])
        {
            using SavedModel saved = one;
            using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
            float[] samples = Column(model, "Samples")[1];
            Assert.Equal(Step(saved.Chain).SoftMapFrom(samples), Step(model).SoftMapFrom(samples));
        }
    }

    [Fact]
    public void Weights_cannot_be_taken_out_of_it()
    {
        using SavedModel saved = SavedModel.Diffusion();
        using TransformerChain<ITransformer> model = SavedModel.Ml.Model.LoadOnnx(saved.Path);
        Assert.Contains(
            "model zip", Assert.Throws<NotSupportedException>(() => model.SaveOnnx(saved.File("second.onnx"))).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(saved.File("second.onnx")));
    }

    [Fact]
    public void Files_that_are_no_models_of_ours_are_refused()
    {
        using SavedModel saved = SavedModel.Diffusion();
        Assert.Throws<FileNotFoundException>(() => SavedModel.Ml.Model.LoadOnnx(saved.File("none.onnx")));
        byte[] noise = [.. Enumerable.Repeat((byte)0xff, 12)];
        Assert.Contains("is no file", Refusal(noise), StringComparison.Ordinal);
        Assert.Contains("consensus.manifest", Refusal([]), StringComparison.Ordinal);
        byte[] whole = File.ReadAllBytes(saved.Path);
        Refusal(whole[..(whole.Length / 2)]);

        string Refusal(byte[] bytes)
        {
            File.WriteAllBytes(saved.File("bad.onnx"), bytes);
            string message = Assert.Throws<InvalidDataException>(() => SavedModel.Ml.Model.LoadOnnx(saved.File("bad.onnx"))).Message;
            Assert.Contains("bad.onnx", message, StringComparison.Ordinal);
            return message;
        }
    }

    [Fact]
    public void A_provider_that_is_not_there_is_refused_with_what_to_do()
    {
        using SavedModel saved = SavedModel.Diffusion();
        Assert.Contains(
            "Microsoft.ML.OnnxRuntime.Gpu.Linux",
            Assert.Throws<NotSupportedException>(
                () => SavedModel.Ml.Model.LoadOnnx(saved.Path, new() { Provider = OnnxProvider.Cuda })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "DirectML",
            Assert.Throws<NotSupportedException>(
                () => SavedModel.Ml.Model.LoadOnnx(saved.Path, new() { Provider = OnnxProvider.DirectML })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SavedModel.Ml.Model.LoadOnnx(saved.Path, new() { Threads = 0 }));
    }

    [Fact]
    public void What_a_graph_cannot_hold_is_refused_and_leaves_the_file_that_was_there()
    {
        using SavedModel saved = SavedModel.Diffusion();
        byte[] before = File.ReadAllBytes(saved.Path);
        SamplingOptions own = Sampling(saved.Chain);
        Assert.Contains("Ddpm", Refusal(own with { Sampler = SamplerKind.Ddpm }), StringComparison.Ordinal);
        Assert.Contains("Tolerance", Refusal(own with { Tolerance = 0.01 }), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(saved.Path));

        string Refusal(SamplingOptions sampling) => Assert.Throws<NotSupportedException>(
            () => saved.Chain.WithSampling(sampling).SaveOnnx(saved.Path)).Message;
    }

    [Fact]
    public void A_step_of_another_library_before_the_segmentation_is_refused_by_name()
    {
        using SavedModel saved = SavedModel.Diffusion();
        ITransformer[] steps = [.. saved.Chain.GetSteps()];
        ITransformer copying = SavedModel.Ml.Transforms.CopyColumns("Copy", "Image").Fit(SavedModel.Slices());
        var longer = new TransformerChain<ITransformer>([.. steps[..3], copying, steps[3]]);
        Assert.Contains(
            "Step 4 of the model (ColumnCopyingTransformer)",
            Assert.Throws<NotSupportedException>(() => longer.SaveOnnx(saved.File("longer.onnx"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_says_what_the_model_is()
    {
        using SavedModel saved = SavedModel.Diffusion(OnnxNoise.Constant);
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(saved.Path);
        Assert.Equal("Consensus.ML", session.ModelMetadata.ProducerName);
        Assert.Contains("not a medical device", session.ModelMetadata.Description, StringComparison.Ordinal);
        Dictionary<string, string> texts = session.ModelMetadata.CustomMetadataMap;
        Assert.Equal("constant", texts["consensus.noise"]);
        Assert.Equal("4", texts["consensus.seed"]);
        DiffusionManifest manifest = ManifestJson.Read<DiffusionManifest>(System.Text.Encoding.UTF8.GetBytes(texts["consensus.manifest"]));
        Assert.Equal(3, manifest.Levels);
        Assert.Equal(["Image"], session.InputNames);
        Assert.Equal(["SoftMap", "ConsensusMaps", "Uncertainty", "Samples"], session.OutputNames);
        Assert.Equal([1, 2, -1, -1], session.InputMetadata["Image"].Dimensions);
        Assert.Equal([1, 3, 16, 16], session.OutputMetadata["ConsensusMaps"].Dimensions);
    }

    private static SegmentationTransformer Step(ITransformer model) => model.GetSteps().OfType<SegmentationTransformer>().Single();

    private static SamplingOptions Sampling(ITransformer model) => Step(model).Sampling;

    /// <summary>The columns that a prediction adds.</summary>
    private static string[] MapsOf(ITransformer model) =>
    [
        .. model.Transform(SavedModel.Slices()).Schema.Where(column => column.Type is VectorDataViewType && column.Name != "Features")
            .Select(column => column.Name),
    ];

    private static float[][] Column(ITransformer model, string name) =>
        [.. model.Transform(SavedModel.Slices()).GetColumn<float[]>(name)];

    private static void AssertEqual(ITransformer torch, ITransformer onnx)
    {
        string[] columns = MapsOf(torch);
        Assert.Equal(columns, MapsOf(onnx));
        foreach (string column in columns)
        {
            float[][] expected = Column(torch, column), found = Column(onnx, column);
            foreach ((float[] one, float[] other) in expected.Zip(found))
            {
                Assert.Equal(one.Length, other.Length);
                int wrong = one.Zip(other).Count(pair => !(Math.Abs(pair.First - pair.Second) < Bound));

                // Rounding at one half may turn a difference of 1e-7 into a whole level.
                int allowed = column.StartsWith("SoftMap", StringComparison.Ordinal) ? 1 : 0;
                Assert.True(wrong <= allowed, $"{column}: {wrong} of {one.Length} differ");
            }
        }
    }

    private sealed class Prepared
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Predicted
    {
        public float[] SoftMap { get; set; } = [];
    }
}
