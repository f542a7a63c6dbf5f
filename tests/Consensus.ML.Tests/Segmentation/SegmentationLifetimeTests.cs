using System.Reflection;
using System.Text;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>When sampling happens, and what stays behind. The tests use internals that users do not need.</summary>
[Collection(nameof(TorchMemory))]
public sealed class SegmentationLifetimeTests
{
    private readonly MLContext _ml = new(seed: 3);

    [Fact]
    public void Nothing_is_sampled_until_a_map_is_read_and_then_once_a_row()
    {
        using ConsensusSegmentationTransformer model = Train();
        IDataView view = model.Transform(Rows());
        Assert.Equal(0, model.Predictions);
        Assert.Equal(3, view.GetColumn<int>("Id").Count());
        Assert.Equal(0, model.Predictions);
        Assert.Equal(3, view.GetColumn<float[]>("Uncertainty").Count());
        Assert.Equal(3, model.Predictions);
        Assert.Equal(3, _ml.Data.CreateEnumerable<Maps>(view, reuseRowObject: false).Count());
        Assert.Equal(6, model.Predictions);

        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["SoftMap"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["SoftMap"]);
        VBuffer<float> first = default, second = default;
        Assert.True(cursor.MoveNext());
        Assert.True(cursor.MoveNext());
        Assert.Equal(6, model.Predictions);
        getter(ref first);
        getter(ref second);
        Assert.Equal(7, model.Predictions);
        Assert.Equal(first.DenseValues(), second.DenseValues());
    }

    [Fact]
    public void Samples_are_those_that_the_other_maps_are_made_of_and_are_drawn_once_with_them()
    {
        using ConsensusSegmentationTransformer model = Train();
        IDataView view = model.Transform(Rows());
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 0, 16, 16), view.Schema["Samples"].Type);
        SampledMaps[] rows = [.. _ml.Data.CreateEnumerable<SampledMaps>(view, reuseRowObject: false)];
        Assert.Equal(3, model.Predictions);
        foreach (SampledMaps row in rows)
        {
            // Two generations of two levels. The maps of the levels are the means.
            float[][] samples = [.. row.Samples.Chunk(256)];
            Assert.Equal(4, samples.Length);
            Assert.All(row.Samples, value => Assert.InRange(value, 0, 1));
            for (int i = 0; i < 512; i++)
            {
                Assert.Equal((samples[i / 256][i % 256] + samples[2 + (i / 256)][i % 256]) / 2, row.ConsensusMaps[i], 1e-6f);
            }
        }

        // The column read alone has the same samples. With early averaging, it has as many as that leaves.
        Assert.Equal(rows.Select(row => row.Samples), view.GetColumn<float[]>("Samples"));
        using ConsensusSegmentationTransformer early = model.WithSampling(model.Sampling with { Generations = 9, Tolerance = 1 });
        Assert.All(early.Transform(Rows()).GetColumn<float[]>("Samples"), samples => Assert.Equal(2 * 2 * 256, samples.Length));
    }

    [Fact]
    public void A_model_from_before_there_were_samples_has_them_by_their_default_name()
    {
        using ConsensusSegmentationTransformer model = Train();
        string json = Encoding.UTF8.GetString(
            ManifestJson.Write(model.Manifest with { Weights = new("weights.safetensors", 1, new string('0', 64)) }));
        Assert.Contains("\"samples\": \"Samples\"", json, StringComparison.Ordinal);
        string older = json.Replace(",\n    \"samples\": \"Samples\"", "", StringComparison.Ordinal);
        Assert.NotEqual(json, older);
        Assert.Equal("Samples", ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(older)).Columns.Samples);
        Assert.Equal("Draws", ManifestJson.Read<DiffusionManifest>(
            Encoding.UTF8.GetBytes(json.Replace("\"Samples\"", "\"Draws\"", StringComparison.Ordinal))).Columns.Samples);
    }

    [Fact]
    public void A_prediction_engine_samples_once_a_call()
    {
        using ConsensusSegmentationTransformer model = Train();
        using PredictionEngine<Features, Maps> engine = _ml.Model.CreatePredictionEngine<Features, Maps>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        engine.Predict(Row(1));
        Assert.Equal(1, model.Predictions);
        engine.Predict(Row(1));
        Assert.Equal(2, model.Predictions);
    }

    [Fact]
    public void What_a_reader_does_to_a_map_does_not_reach_the_next_reader()
    {
        using ConsensusSegmentationTransformer model = Train();
        IDataView view = model.Transform(Rows());
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["SoftMap"]]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["SoftMap"]);
        VBuffer<float> map = default;
        cursor.MoveNext();
        getter(ref map);
        VBufferEditor<float> editor = VBufferEditor.CreateFromBuffer(ref map);
        editor.Values.Fill(-1);
        getter(ref map);
        Assert.DoesNotContain(-1f, map.DenseValues());
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Training_predicting_saving_and_loading_leave_no_tensor_behind(Precision precision)
    {
        void Everything()
        {
            ConsensusSegmentationEstimator.Options options = Options();
            options.Training = options.Training with { Precision = precision };
            options.Sampling = options.Sampling with { Precision = precision };
            using ConsensusSegmentationTransformer model = _ml.Transforms.ConsensusSegment(options).Fit(Rows());
            using ConsensusSegmentationTransformer other = model.WithSampling(new SamplingOptions { Generations = 1, Seed = 2 });
            using var memory = new MemoryStream();
            _ml.Model.Save(model, Rows().Schema, memory);
            memory.Position = 0;
            using var loaded = (IDisposable)_ml.Model.Load(memory, out _);
            foreach (ITransformer each in (ITransformer[])[model, other, (ITransformer)loaded])
            {
                Assert.Equal(3, each.Transform(Rows()).GetColumn<float[]>("SoftMap").Count());
            }
        }

        // The first run pays for what torch and ML.NET keep for ever. The second run shows what would grow.
        Everything();
        long before = LiveTensors();
        Everything();
        Assert.Equal(before, LiveTensors());
    }

    [Fact]
    public void Cancelling_the_MLContext_ends_training_with_the_best_model_so_far()
    {
        var context = new MLContext(seed: 3);
        ConsensusSegmentationEstimator.Options options = Options();
        options.Training = options.Training with { Steps = 1000 };
        options.Progress = new ProgressCallback(progress =>
        {
            if (progress.Step == 2)
            {
                typeof(MLContext)
                    .GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!
                    .Invoke(context, null);
            }
        });
        using ConsensusSegmentationTransformer model = context.Transforms.ConsensusSegment(options).Fit(Rows());
        Assert.True(model.Training.Cancelled);
        Assert.InRange(model.Training.Steps, 2, 3);
    }

    [Fact]
    public void The_noise_of_a_slice_depends_on_the_seed_and_on_every_value()
    {
        float[] features = [1, 2, 3, 4];

        // This value must never change: a change would change every published prediction.
        Assert.Equal(Expected(5, features), NoiseSeed.Compute(5, features));
        Assert.NotEqual(NoiseSeed.Compute(5, features), NoiseSeed.Compute(6, features));
        Assert.NotEqual(NoiseSeed.Compute(5, features), NoiseSeed.Compute(5, [1, 2, 3, 4.0000005f]));

        static ulong Expected(int seed, float[] features)
        {
            byte[] bytes = [.. BitConverter.GetBytes(seed), .. features.SelectMany(BitConverter.GetBytes)];
            return BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(bytes));
        }
    }

    [Fact]
    public void A_manifest_of_a_newer_format_says_which_and_what_to_do()
    {
        byte[] newer = Encoding.UTF8.GetBytes("""{ "formatVersion": 4, "somethingElse": true }""");
        string message = Assert.Throws<InvalidDataException>(() => ManifestJson.Read<DiffusionManifest>(newer)).Message;
        Assert.Equal(
            "The model file has format version 4; this version of Consensus.ML reads up to 3. Update the Consensus.ML package.", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{ \"formatVersion\": 1 }")]
    public void A_manifest_that_is_none_is_damaged(string json) =>
        Assert.Contains(
            "manifest.json",
            Assert.Throws<InvalidDataException>(() => ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(json))).Message);

    [Fact]
    public void Options_survive_the_manifest()
    {
        using ConsensusSegmentationTransformer model = Train();
        var manifest = new DiffusionManifest
        {
            Columns = new("a", "b", "c", "d"),
            Height = 1,
            Width = 2,
            ImageChannels = 3,
            Levels = 4,
            Target = TrainingTarget.SoftLabel,
            Network = Presets.Paper.Network,
            Diffusion = new() { Prediction = PredictionType.XStartLogit, Schedule = NoiseScheduleKind.Cosine },
            Sampling = new() { Steps = 7, Seed = -3, Sampler = SamplerKind.Ddim },
            Seed = int.MinValue,
            Training = new(
                Presets.Compact.Training with { Precision = Precision.BFloat16, TimeLimit = TimeSpan.FromMinutes(15), Steps = null },
                new() { VerticalFlip = 0 },
                new(1, 2, null, 3.5, 4, 5, true, [new(1, 0.5, 0.25)])),
            Weights = new("weights.safetensors", 1, new string('0', 64)),
        };
        DiffusionManifest read = ManifestJson.Read<DiffusionManifest>(ManifestJson.Write(manifest));
        Assert.Contains("\"target\": \"soft-label\"", Encoding.UTF8.GetString(ManifestJson.Write(manifest)));
        Assert.Contains("\"prediction\": \"x-start-logit\"", Encoding.UTF8.GetString(ManifestJson.Write(manifest)));
        Assert.Contains("\"precision\": \"bfloat16\"", Encoding.UTF8.GetString(ManifestJson.Write(manifest)));
        Assert.Equal(Encoding.UTF8.GetString(ManifestJson.Write(manifest)), Encoding.UTF8.GetString(ManifestJson.Write(read)));
        Assert.Equal(manifest.Network.ChannelMultipliers, read.Network.ChannelMultipliers);
        Assert.Equal(
            (manifest.Diffusion, manifest.Sampling, manifest.Columns, manifest.Seed),
            (read.Diffusion, read.Sampling, read.Columns, read.Seed));
        Assert.Equal(manifest.Training.Options, read.Training.Options);
        Assert.Equal(manifest.Training.Augmentation, read.Training.Augmentation);
    }

    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        ThreadDisposeScopeStatistics statistics = DisposeScopeManager.Statistics;
        return statistics.ThreadTotalLiveCount;
    }

    private static ConsensusSegmentationEstimator.Options Options() => new()
    {
        AnnotationsColumnName = "Masks",
        Network = SmallNetwork.Options,
        Diffusion = new() { Steps = 4, Prediction = PredictionType.Epsilon },
        Training = new() { Steps = 2, BatchSize = 2, Validations = 1, ValidationFraction = 0.3, Threads = 1 },
        Sampling = new() { Generations = 2 },
    };

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

    private ConsensusSegmentationTransformer Train() => _ml.Transforms.ConsensusSegment(Options()).Fit(Rows());

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(Enumerable.Range(1, 3).Select(Row).ToArray());

    private sealed class Features
    {
        public int Id { get; set; }

        [ColumnName("Features")]
        [VectorType(1, 16, 16)]
        public float[] Features_ { get; set; } = [];

        [VectorType(2, 16, 16)]
        public bool[] Masks { get; set; } = [];
    }

    private sealed class SampledMaps
    {
        public float[] SoftMap { get; set; } = [];

        public float[] ConsensusMaps { get; set; } = [];

        public float[] Samples { get; set; } = [];
    }

    private sealed class Maps
    {
        public float[] SoftMap { get; set; } = [];

        public float[] ConsensusMaps { get; set; } = [];

        public float[] Uncertainty { get; set; } = [];
    }
}

/// <summary>Tests that count live tensors must be alone.</summary>
[CollectionDefinition(nameof(TorchMemory), DisableParallelization = true)]
public sealed class TorchMemory;
