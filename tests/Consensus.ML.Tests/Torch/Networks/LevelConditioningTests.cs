using System.Text;
using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>All levels as channels of one pass, compared with one level in each pass that an embedding selects.</summary>
public sealed class LevelConditioningTests
{
    private const int Side = 16;

    private static readonly Mirroring Views = Mirroring.LearnedFrom(new AugmentationPolicy(), MaskOffset.None);
    private static readonly DiffusionOptions Learned = new() { LearnedVariance = true };

    [Theory]
    [InlineData(TrainingTarget.Consensus, false)]
    [InlineData(TrainingTarget.Annotator, true)]
    public void Channels_take_the_place_of_the_embedding(object target, bool learned)
    {
        var diffusion = new DiffusionOptions { LearnedVariance = learned };
        Dictionary<string, long[]> embedding = Shapes(Describe((TrainingTarget)target, LevelConditioning.Embedding, diffusion)),
            channels = Shapes(Describe((TrainingTarget)target, LevelConditioning.Channels, diffusion));
        Assert.Equal(embedding.Keys.Where(name => name != "label_emb.weight"), channels.Keys);
        Assert.Equal([32, 3, 3, 3], channels["input_blocks.0.0.weight"]);
        Assert.Equal(learned ? 6 : 3, channels["out.2.weight"][0]);
        string[] wider = ["input_blocks.0.0.weight", "out.2.weight", "out.2.bias"];
        Assert.All(channels.Keys.Except(wider), name => Assert.Equal(embedding[name], channels[name]));
    }

    [Theory]
    [InlineData(TrainingTarget.AnyAnnotator)]
    [InlineData(TrainingTarget.SoftLabel)]
    public void Targets_of_one_map_are_the_same_either_way(object target)
    {
        Dictionary<string, long[]> embedding = Shapes(Describe((TrainingTarget)target, LevelConditioning.Embedding)),
            channels = Shapes(Describe((TrainingTarget)target, LevelConditioning.Channels));
        Assert.Equal(embedding.Keys, channels.Keys);
        Assert.All(channels.Keys, name => Assert.Equal(embedding[name], channels[name]));
    }

    [Fact]
    public void Beside_the_image_without_an_encoder_every_channel_goes_in()
    {
        ModelDescription description = Describe(TrainingTarget.Consensus, LevelConditioning.Channels);
        description = description with
        {
            ImageChannels = 2,
            Network = description.Network with { Conditioning = Conditioning.Concatenation },
        };
        Assert.Equal([32, 5, 3, 3], Shapes(description)["input_blocks.0.0.weight"]);
    }

    [Theory]
    [InlineData(PredictionType.Epsilon, true, null)]
    [InlineData(PredictionType.Epsilon, false, 5.0)]
    [InlineData(PredictionType.XStart, true, 5.0)]
    [InlineData(PredictionType.Velocity, true, null)]
    [InlineData(PredictionType.XStartLogit, false, null)]
    public void The_losses_and_steps_of_a_pass_of_several_maps_are_those_of_its_maps_one_by_one(
        object prediction,
        bool learned,
        double? minSnrGamma)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        var options = new DiffusionOptions { Prediction = (PredictionType)prediction, LearnedVariance = learned };
        using var process = new DiffusionProcess(options, NoiseSchedule.Create(options.Schedule, options.Steps), CPU);
        const int samples = 4, maps = 3;
        Tensor start = randn([samples, maps, 5, 4], generator: generator).sign(), noise = randn(start.shape, generator: generator),
            steps = tensor(new long[] { 0, 1, 40, 99 });
        Tensor output = randn([samples, learned ? 2 * maps : maps, 5, 4], generator: generator),
            current = process.AddNoise(start, steps, noise);
        Tensor present = tensor(new float[] { 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1 }).view(samples, maps);

        Tensor[] losses = [.. Enumerable.Range(0, maps)
            .Select(map => process.Loss(One(output, map), Map(start, map), Map(current, map), steps, Map(noise, map), minSnrGamma).Total)];
        Same(Mean(losses, null), process.Loss(output, start, current, steps, noise, minSnrGamma).Total);
        Same(Mean(losses, present), process.Loss(output, start, current, steps, noise, minSnrGamma, present).Total);
        if (options.Prediction is PredictionType.XStart or PredictionType.XStartLogit)
        {
            Tensor[] dice = [.. Enumerable.Range(0, maps).Select(map => process.DiceLoss(One(output, map), Map(start, map)))];
            Same(Mean(dice, null), process.DiceLoss(output, start));
            Same(Mean(dice, present), process.DiceLoss(output, start, present));
        }

        StepPrediction together = process.Interpret(output, current, steps, clamp: true);
        Tensor next = DiffusionProcess.DdpmPrevious(together, steps, noise);
        for (int map = 0; map < maps; map++)
        {
            StepPrediction alone = process.Interpret(One(output, map), Map(current, map), steps, clamp: true);
            Same(alone.Start, Map(together.Start, map));
            Same(DiffusionProcess.DdpmPrevious(alone, steps, Map(noise, map)), Map(next, map));
            Same(process.DdimPrevious(alone, Map(current, map), steps), Map(process.DdimPrevious(together, current, steps), map));
        }

        // The network's output for one map: its prediction and, after all predictions, its variance.
        Tensor One(Tensor all, int map) => learned ? cat([Map(all, map), Map(all, maps + map)], 1) : Map(all, map);

        static Tensor Map(Tensor all, int map) => all.narrow(1, map, 1);

        // Means over the maps that exist, written out.
        static Tensor Mean(Tensor[] one, Tensor? present) => tensor(Enumerable.Range(0, samples).Select(sample =>
            Enumerable.Range(0, maps)
                .Where(map => present is null || present[sample, map].item<float>() == 1)
                .Average(map => one[map][sample].item<float>())).ToArray());

        static void Same(Tensor expected, Tensor found)
        {
            Assert.Equal(expected.shape, found.shape);
            Assert.True((expected - found).abs().max().item<float>() <= 1e-5f * Math.Max(1, expected.abs().max().item<float>()));
        }
    }

    [Fact]
    public void A_step_draws_every_level_of_an_image_in_its_channel()
    {
        // Votes 3, 2, 1, 0 on the four pixels, so level c marks the first 4 − c.
        using var scope = NewDisposeScope();
        TrainingBatch batch = Draw(
            TrainingTarget.Consensus, new("case01", [1, 2, 3, 4], new RaterMasks(3, 2, 2, [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0])));
        Assert.Equal([2, 3, 2, 2], batch.Starts.shape);
        Assert.Null(batch.Levels);
        Assert.Null(batch.Present);
        float[] levels = [1, 1, 1, -1, 1, 1, -1, -1, 1, -1, -1, -1];
        Assert.Equal([.. levels, .. levels], batch.Starts.data<float>().ToArray());
        Assert.Equal(2, batch.Steps.numel());
    }

    [Fact]
    public void A_rater_who_has_not_drawn_a_case_has_an_empty_channel_that_does_not_count()
    {
        // The two masks are those of the third rater and the first.
        using var scope = NewDisposeScope();
        TrainingBatch batch = Draw(
            TrainingTarget.Annotator,
            new TrainingCase("pair", [1, 2, 3, 4], new RaterMasks(2, 2, 2, [1, 1, 0, 0, 0, 0, 0, 1])) { Raters = [2, 0] });
        float[] raters = [-1, -1, -1, 1, 0, 0, 0, 0, 1, 1, -1, -1];
        Assert.Equal([.. raters, .. raters], batch.Starts.data<float>().ToArray());
        Assert.Equal([1, 0, 1, 1, 0, 1], batch.Present!.data<float>().ToArray());
        Assert.Equal([1, 0, 1, 1, 0, 1], batch.Slice(0, 1).Present!.data<float>().ToArray());
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void A_model_of_all_levels_trains_the_same_from_one_seed_and_leaves_no_tensor_behind(object precision)
    {
        byte[] first = Run();
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.Equal(first, Run());
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        byte[] Run()
        {
            ModelDescription description = Discs.Description(TrainingTarget.Annotator);
            description = description with { Network = description.Network with { LevelConditioning = LevelConditioning.Channels } };
            var options = new TrainingOptions
            {
                Steps = 2,
                BatchSize = 2,
                PairsPerImage = 2,
                MicroBatchSize = 1,
                ValidationFraction = 0,
                Threads = 1,
                Precision = (Precision)precision,
            };
            TrainingCase[] cases = Discs.Cases(4);
            cases[0] = cases[0] with { Masks = new(1, Side, Side, cases[0].Masks.Unpack().Rater(1).ToArray()), Raters = [1] };
            using ConsensusModel model = new ConsensusTrainer(description, options, new AugmentationPolicy(), [0f], 1, CPU)
                .Train(cases, null, null, CancellationToken.None).Model;
            var sampling = new SamplingOptions { Generations = 3, Steps = 2, Mirror = true, Precision = (Precision)precision };
            ConsensusPrediction prediction = model.Predict(cases[1].Features, sampling, 1, Views, keepSamples: true);
            Assert.Equal(2 * Side * Side, prediction.ConsensusMaps.Length);
            Assert.Equal(3 * 2 * Side * Side, prediction.Samples!.Length);
            ConsensusPrediction small = model.Predict(cases[1].Features, sampling with { BatchSize = 1 }, 1, Views);
            Assert.All(prediction.ConsensusMaps.Zip(small.ConsensusMaps), pair => Assert.Equal(pair.First, pair.Second, 0.02f));
            Assert.Equal(2, model.Trace(cases[1].Features, sampling, 1).Count);
            Assert.All(model.Trace(cases[1].Features, sampling, 1), step => Assert.Equal(2 * Side * Side, step.Start.Length));
            return model.SaveWeights();
        }
    }

    [Fact]
    public void Every_level_is_learned_from_the_channel_that_it_is_drawn_in()
    {
        // The second rater's discs are a pixel smaller. So 2 of 2 raters mark fewer pixels than 1 of 2, also on images that training has
        // not seen.
        ModelDescription description = Discs.Description();
        description = description with { Network = description.Network with { LevelConditioning = LevelConditioning.Channels } };
        var options = new TrainingOptions
        {
            Steps = 120,
            BatchSize = 4,
            LearningRate = 2e-3,
            EmaDecay = 0.9,
            TimePower = 3,
            ValidationFraction = 0,
        };
        using ConsensusModel model = new ConsensusTrainer(description, options, null, [0f], 1, CPU)
            .Train(Discs.Cases(12), null, null, CancellationToken.None).Model;
        TrainingCase unseen = Discs.Cases(14)[13];
        ConsensusPrediction prediction = model.Predict(
            unseen.Features, new SamplingOptions { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 }, 1);
        for (int level = 0; level < 2; level++)
        {
            bool[] found = [.. prediction.ConsensusMaps.AsSpan(level * Side * Side, Side * Side).ToArray().Select(value => value > 0.5f)];
            bool[] drawn = [.. unseen.Masks.Unpack().Rater(level).ToArray().Select(value => value == 1)];
            double dice = 2.0 * found.Zip(drawn)
                .Count(pair => pair.First && pair.Second) / (found.Count(value => value) + drawn.Count(value => value));
            Assert.InRange(dice, 0.9, 1);
        }
    }

    [Fact]
    public void Manifests_and_checkpoints_from_before_there_was_a_choice_mean_the_embedding()
    {
        NetworkOptions embedding = new() { ModelChannels = 32 },
            channels = embedding with { LevelConditioning = LevelConditioning.Channels };
        string json = Encoding.UTF8.GetString(ManifestJson.Write(Discs.Manifest(channels)));
        Assert.Equal(
            LevelConditioning.Channels, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(json)).Network.LevelConditioning);
        string older = json.Replace("\"levelConditioning\": \"channels\",", "", StringComparison.Ordinal);
        Assert.NotEqual(json, older);
        Assert.Equal(
            LevelConditioning.Embedding, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(older)).Network.LevelConditioning);

        TrainingFingerprint checkpoint = Discs.Fingerprint(embedding).Before("Network.LevelConditioning");
        Assert.Null(Discs.Fingerprint(embedding).DifferencesFrom(checkpoint));
        Assert.Contains(
            "Network.LevelConditioning", Discs.Fingerprint(channels).DifferencesFrom(checkpoint), StringComparison.Ordinal);
    }

    private static ModelDescription Describe(TrainingTarget target, LevelConditioning conditioning, DiffusionOptions? diffusion = null)
    {
        ModelDescription discs = Discs.Description(target, diffusion ?? Learned);
        return discs with { Levels = 3, Network = discs.Network with { LevelConditioning = conditioning } };
    }

    private static TrainingBatch Draw(TrainingTarget target, TrainingCase one)
    {
        ModelDescription description = Describe(target, LevelConditioning.Channels) with { Height = 2, Width = 2 };
        return new BatchSource(description, new TrainingOptions { BatchSize = 1, PairsPerImage = 2 }, null, [0f], 7, [one]).Draw(0)(CPU);
    }

    private static Dictionary<string, long[]> Shapes(ModelDescription description) =>
        description.Layout().Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);
}
