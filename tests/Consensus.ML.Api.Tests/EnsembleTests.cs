using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Several models in one. It draws what each of them draws, averages over all, and behaves like any other model.</summary>
[Collection(nameof(TinyModel))]
public sealed class EnsembleTests : IDisposable
{
    private const int Pixels = TinyModel.Side * TinyModel.Side;

    // One noise seed for all, so that a model's samples can be found again in an ensemble.
    private static readonly SamplingOptions OneSeed = new() { Generations = 2, Sampler = SamplerKind.Ddpm, Seed = 9 };

    private readonly MLContext _ml = new(seed: 5);
    private readonly TemporaryFolder _folder = new();
    private readonly TinyModel _tiny;
    private readonly TransformerChain<ConsensusSegmentationTransformer> _first, _second;

    public EnsembleTests(TinyModel tiny)
    {
        _tiny = tiny;
        _first = Fit(1);
        _second = Fit(2);
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void It_draws_what_each_member_draws_and_averages_over_all_samples()
    {
        ITransformer ensemble = _ml.Segmentation.Ensemble([_first, _second]), turned = _ml.Segmentation.Ensemble([_second, _first]);
        using (ensemble as IDisposable)
        using (turned as IDisposable)
        {
            Assert.Equal((1, 2, 2), (_first.LastTransformer.Members, Find(ensemble).Members, Find(turned).Members));
            Maps[] maps = Read(ensemble), first = Read(_first), second = Read(_second), other = Read(turned);
            Assert.Equal(4, maps.Length);
            for (int row = 0; row < maps.Length; row++)
            {
                // 2 members × 2 generations × 3 levels. Whichever model comes first draws from the same noise as when it is alone.
                Assert.Equal(4 * 3 * Pixels, maps[row].Samples.Length);
                Assert.Equal(first[row].Samples, maps[row].Samples[..(2 * 3 * Pixels)]);
                Assert.Equal(second[row].Samples, other[row].Samples[..(2 * 3 * Pixels)]);
                Assert.NotEqual(first[row].Samples, maps[row].Samples[(2 * 3 * Pixels)..]);
                for (int pixel = 0; pixel < Pixels; pixel++)
                {
                    float[][] levels = [.. Enumerable.Range(0, 3).Select(level =>
                        Enumerable.Range(0, 4).Select(sample => maps[row].Samples[(((sample * 3) + level) * Pixels) + pixel]).ToArray())];
                    for (int level = 0; level < 3; level++)
                    {
                        Assert.Equal(levels[level].Average(), maps[row].ConsensusMaps[(level * Pixels) + pixel], 1e-5f);
                    }

                    Assert.Equal(levels.Average(level => level.Average() > 0.5f ? 1f : 0f), maps[row].SoftMap[pixel], 1e-5f);
                    double[] soft = [.. Enumerable.Range(0, 4).Select(sample => levels.Average(level => (double)level[sample]))];
                    Assert.Equal(Math.Sqrt(soft.Average(value => Math.Pow(value - soft.Average(), 2))), maps[row].Uncertainty[pixel], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Members_take_turns_until_the_map_stands_still()
    {
        SamplingOptions sampling = OneSeed with { Tolerance = 1e-9 };
        ITransformer patient = _first.WithSampling(sampling), ensemble = _ml.Segmentation.Ensemble([patient, _second]);
        using (patient as IDisposable)
        using (ensemble as IDisposable)
        {
            float[] samples = Read(ensemble)[0].Samples, first = Read(patient)[0].Samples;
            Assert.Equal(4 * 3 * Pixels, samples.Length);
            Assert.Equal(first[..(3 * Pixels)], samples[..(3 * Pixels)]);
            Assert.NotEqual(first[(3 * Pixels)..], samples[(3 * Pixels)..(2 * 3 * Pixels)]);

            // Two samples can be compared, so they are always taken.
            using var loose = (IDisposable)ensemble.WithSampling(sampling with { Tolerance = 1 });
            Assert.Equal(2 * 3 * Pixels, Read((ITransformer)loose)[0].Samples.Length);
        }
    }

    [Fact]
    public void It_travels_in_one_zip_and_the_models_it_was_made_of_can_go()
    {
        using TransformerChain<ConsensusSegmentationTransformer> first = Fit(1), second = Fit(2);
        ITransformer ensemble = _ml.Segmentation.Ensemble([first, second]);
        using var disposable = (IDisposable)ensemble;
        first.Dispose();
        second.Dispose();
        Maps[] expected = Read(ensemble);
        _ml.Model.Save(ensemble, _tiny.Data.Schema, _folder["ensemble.zip"]);
        ITransformer loaded = new MLContext(seed: 99).Model.Load(_folder["ensemble.zip"], out _);
        using var loadedDisposable = (IDisposable)loaded;
        Assert.All(expected.Zip(Read(loaded)), pair => Assert.Equal(pair.First.Samples, pair.Second.Samples));
        Assert.Equal(Weights(_first), ModelZip.Entry(_folder["ensemble.zip"], "weights.safetensors"));
        Assert.Equal(Weights(_second), ModelZip.Entry(_folder["ensemble.zip"], "weights-2.safetensors"));

        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(_folder["ensemble.zip"], "manifest.json"));
        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "model-manifest.schema.json"));
        Assert.Empty(schema.Violations(manifest.RootElement));
        Assert.Equal(
            (2, 1), (manifest.RootElement.GetProperty("formatVersion").GetInt32(), manifest.RootElement.GetProperty("seed").GetInt32()));
        JsonElement member = Assert.Single(manifest.RootElement.GetProperty("furtherMembers").EnumerateArray());
        Assert.Equal(
            (2, 2),
            (member.GetProperty("seed").GetInt32(), member.GetProperty("training").GetProperty("history").GetProperty("steps").GetInt32()));

        // The schema finds a mistake in a member. A single model is written as it was before there were ensembles.
        using JsonDocument wrong = JsonDocument.Parse(
            Encoding.UTF8.GetString(ModelZip.Entry(_folder["ensemble.zip"], "manifest.json"))
                .Replace("weights-2.safetensors", "other", StringComparison.Ordinal));
        Assert.Single(schema.Violations(wrong.RootElement));
        _ml.Model.Save(_first, _tiny.Data.Schema, _folder["alone.zip"]);
        using JsonDocument alone = JsonDocument.Parse(ModelZip.Entry(_folder["alone.zip"], "manifest.json"));
        Assert.Equal(1, alone.RootElement.GetProperty("formatVersion").GetInt32());
        Assert.False(alone.RootElement.TryGetProperty("furtherMembers", out _));
    }

    [Fact]
    public void It_is_sampled_limited_cancelled_and_put_into_another_as_any_model()
    {
        using TransformerChain<ConsensusSegmentationTransformer> third = Fit(3);
        ITransformer ensemble = _ml.Segmentation.Ensemble([_first, _second]), larger = _ml.Segmentation.Ensemble([third, ensemble]);
        using (ensemble as IDisposable)
        using (larger as IDisposable)
        {
            Assert.Equal(3, Find(larger).Members);
            _ml.Model.Save(larger, _tiny.Data.Schema, _folder["larger.zip"]);
            Assert.Equal([Weights(third), Weights(_first), Weights(_second)], new[] { "weights", "weights-2", "weights-3" }.Select(name =>
                ModelZip.Entry(_folder["larger.zip"], $"{name}.safetensors")));

            ITransformer resampled = larger.WithSampling(OneSeed with { Generations = 1 });
            using (resampled as IDisposable)
            {
                Assert.Equal((3, 3 * 3 * Pixels), (Find(resampled).Members, Read(resampled)[0].Samples.Length));
            }

            using var endless = (IDisposable)larger.WithSampling(OneSeed with { Generations = 1000 });
            using var limited = (IDisposable)((ITransformer)endless).WithTimeLimit(TimeSpan.FromMilliseconds(20));
            using var cancelled = (IDisposable)((ITransformer)endless).WithCancellation(new(canceled: true));
            Assert.Throws<TimeoutException>(() => Read((ITransformer)limited));
            Assert.ThrowsAny<OperationCanceledException>(() => Read((ITransformer)cancelled));
        }
    }

    [Fact]
    public void One_pass_models_average_their_maps_and_take_turns_at_dropout()
    {
        using TransformerChain<UNetSegmentationTransformer> one = FitOnePass(UNetKind.Levels, 1), two = FitOnePass(UNetKind.Levels, 2);
        ITransformer ensemble = _ml.Segmentation.Ensemble([one, two]);
        using (ensemble as IDisposable)
        {
            foreach ((Maps mean, (Maps a, Maps b)) in Read(ensemble).Zip(Read(one).Zip(Read(two))))
            {
                Assert.Equal(3 * Pixels, mean.Samples.Length);
                Assert.All(
                    mean.Samples.Zip(a.Samples.Zip(b.Samples)),
                    three => Assert.Equal((three.Second.First + three.Second.Second) / 2, three.First, 1e-6f));
                Assert.NotEqual(a.Samples, b.Samples);
            }

            _ml.Model.Save(ensemble, _tiny.Data.Schema, _folder["one-pass.zip"]);
            ITransformer loaded = new MLContext().Model.Load(_folder["one-pass.zip"], out _);
            using var disposable = (IDisposable)loaded;
            Assert.Equal(Read(ensemble)[0].Samples, Read(loaded)[0].Samples);
            using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(_folder["one-pass.zip"], "manifest.json"));
            Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "unet-manifest.schema.json"))
                .Violations(manifest.RootElement));
        }

        using TransformerChain<UNetSegmentationTransformer> dropping = FitOnePass(UNetKind.MonteCarloDropout, 1),
            other = FitOnePass(UNetKind.MonteCarloDropout, 2);
        ITransformer turns = _ml.Segmentation.Ensemble([dropping, other]);
        using (turns as IDisposable)
        {
            float[] samples = Read(turns)[0].Samples, alone = Read(dropping)[0].Samples;
            Assert.Equal((2 * 4 * Pixels, 4 * Pixels), (samples.Length, alone.Length));
            Assert.Equal(alone[..Pixels], samples[..Pixels]);
            Assert.NotEqual(alone[Pixels..(2 * Pixels)], samples[Pixels..(2 * Pixels)]);
        }
    }

    [Fact]
    public void Models_that_do_not_go_together_are_refused_with_what_differs()
    {
        Refused("An ensemble is made of at least two models, but 1 was given.", [_first]);
        Refused("An ensemble is made of at least two models, but 0 were given.", []);
        Refused(
            "An ensemble cannot have model 1 and model 2: they have the same weights. Train each from a seed of its own.",
            [_first, _first]);

        ConsensusSegmentationEstimator.Options deeper = Options(2);
        deeper.Network = deeper.Network with { ResidualBlocks = 2 };
        deeper.Diffusion = deeper.Diffusion with { Steps = 9 };
        using (TransformerChain<ConsensusSegmentationTransformer> another = Pipelines.Build(_ml, deeper).Fit(_tiny.Data))
        {
            Refused(
                "An ensemble cannot have model 1 and model 2: Network.ResidualBlocks is 2 in model 2 and 1 in model 1; "
                + "Diffusion.Steps is 9 in model 2 and 8 in model 1.",
                [_first, another]);
            Refused(
                "An ensemble cannot have 'a.zip' and 'b.zip': Network.ResidualBlocks is 2 in 'b.zip'",
                [_first, another],
                ["'a.zip'", "'b.zip'"]);
        }

        using (TransformerChain<ConsensusSegmentationTransformer> fewer = Pipelines.Build(_ml, Options(2))
            .Fit(_ml.Data.LoadFromEnumerable(_tiny.Cases[..3])))
        {
            // Normalised by the values of other cases: the features of the same image would differ.
            Refused(
                "An ensemble cannot have model 1 and model 3: step 2 of model 3 (SliceNormalizingTransformer) is not that of model 1. "
                + "Members are given the same features",
                [_first, _second, fewer]);
        }

        Refused("0 steps come before the segmentation of model 1, and 3 before that of model 2.", [_first.LastTransformer, _second]);
        using (TransformerChain<UNetSegmentationTransformer> onePass = FitOnePass(UNetKind.Levels, 1))
        {
            Refused(
                "An ensemble cannot have model 1 and model 2: model 1 is a consensus segmentation, and model 2 a one-pass U-Net.",
                [_first, onePass]);
        }

        ITransformer copying = _ml.Transforms.CopyColumns("A", "Case").Fit(_tiny.Data);
        Refused("An ensemble cannot have model 2: it has no consensus segmentation in it", [_first, copying]);
        Refused("An ensemble cannot have model 2: it is null.", [_first, null!]);
        Refused("There are 1 names for 2 models.", [_first, _second], ["one"]);
    }

    [Fact]
    public void What_is_of_one_network_alone_is_refused()
    {
        ITransformer ensemble = _ml.Segmentation.Ensemble([_first, _second]);
        using var disposable = (IDisposable)ensemble;
        Assert.StartsWith(
            "The model is an ensemble of 2, and a checkpoint holds the weights of one.",
            Assert.Throws<InvalidOperationException>(() => Find(ensemble).SaveCheckpoint(_folder["weights.safetensors"])).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["weights.safetensors"]));
    }

    [Fact]
    public void A_damaged_member_is_refused_by_name()
    {
        ITransformer ensemble = _ml.Segmentation.Ensemble([_first, _second]);
        using var disposable = (IDisposable)ensemble;
        string zip = _folder["ensemble.zip"];
        _ml.Model.Save(ensemble, _tiny.Data.Schema, zip);
        byte[] whole = File.ReadAllBytes(zip);
        ModelFileTests.Rewrite(zip, "weights-2.safetensors", bytes =>
        {
            bytes[bytes.Length / 2] ^= 1;
            return bytes;
        });
        Assert.Contains("damaged: weights-2.safetensors has the SHA-256", Message(zip), StringComparison.Ordinal);

        File.WriteAllBytes(zip, whole);
        ModelFileTests.Rewrite(zip, "weights-2.safetensors", bytes => bytes[..100]);
        Assert.Contains("damaged: weights-2.safetensors has 100 bytes", Message(zip), StringComparison.Ordinal);

        File.WriteAllBytes(zip, whole);
        JsonNode manifest = ModelZip.Manifest(zip);
        manifest["furtherMembers"]![0]!["weights"] = null;
        ModelFileTests.Reseal(zip, Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        Assert.Contains("damaged: manifest.json says nothing of the weights", Message(zip), StringComparison.Ordinal);

        File.WriteAllBytes(zip, whole);
        manifest["furtherMembers"]![0] = null;
        ModelFileTests.Reseal(zip, Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        Assert.Contains("damaged: manifest.json says nothing of the weights", Message(zip), StringComparison.Ordinal);
    }

    private static string Message(string zip) => Assert.IsType<InvalidDataException>(
        Assert.ThrowsAny<TargetInvocationException>(() => new MLContext().Model.Load(zip, out _)).GetBaseException()).Message;

    private void Refused(string said, ITransformer[] models, string[]? names = null) =>
        Assert.Contains(
            said, Assert.Throws<ArgumentException>(() => _ml.Segmentation.Ensemble(models, names)).Message, StringComparison.Ordinal);

    private byte[] Weights(TransformerChain<ConsensusSegmentationTransformer> model)
    {
        model.LastTransformer.SaveCheckpoint(_folder["alone.safetensors"]);
        return File.ReadAllBytes(_folder["alone.safetensors"]);
    }

    private static ConsensusSegmentationEstimator.Options Options(int seed)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (options.Seed, options.Sampling) = (seed, OneSeed);
        return options;
    }

    private TransformerChain<ConsensusSegmentationTransformer> Fit(int seed) => Pipelines.Build(_ml, Options(seed)).Fit(_tiny.Data);

    private TransformerChain<UNetSegmentationTransformer> FitOnePass(UNetKind kind, int seed) =>
        _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Image"))
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: TinyModel.Side, width: TinyModel.Side))
            .Append(_ml.Transforms.UNetSegment(new()
            {
                Kind = kind,
                Network = TinyModel.Options().Network,
                Training = TinyModel.Options().Training,
                Sampling = new() { Generations = 4, Seed = 9 },
                Seed = seed,
            }))
            .Fit(_tiny.Data);

    private static SegmentationTransformer Find(ITransformer model) =>
        Assert.Single(((IEnumerable<ITransformer>)model).OfType<SegmentationTransformer>());

    private Maps[] Read(ITransformer model) => [.. _ml.Data.CreateEnumerable<Maps>(model.Transform(_tiny.Data), reuseRowObject: false)];

    private sealed class Maps
    {
        public float[] SoftMap { get; set; } = [];

        public float[] ConsensusMaps { get; set; } = [];

        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];
    }
}
