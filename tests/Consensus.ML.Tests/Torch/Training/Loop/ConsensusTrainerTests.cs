using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>Complete, tiny training runs: slices of 16 pixels with a bright disc that two raters outline.</summary>
public sealed class ConsensusTrainerTests
{
    private static readonly TrainingOptions Quick = new()
    {
        Steps = 6, BatchSize = 2, PairsPerImage = 2, LearningRate = 1e-3, EmaDecay = 0.5, Threads = 1, Validations = 2,
        ValidationFraction = 0.25,
        ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 },
    };

    [Fact]
    public void The_same_seed_gives_the_same_weights_to_the_byte_and_another_seed_others()
    {
        byte[] first = Weights(1), again = Weights(1), other = Weights(2);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        static byte[] Weights(int seed)
        {
            using ConsensusModel model = Train(Quick, seed: seed).Model;
            return model.SaveWeights();
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Training_learns_the_disc(Precision precision)
    {
        (ConsensusModel model, TrainingHistory history) = Train(Quick with
        {
            Steps = 150,
            LearningRate = 3e-3,
            TimePower = 3,
            EmaDecay = 0.9,
            ValidationFraction = 0.2,
            Validations = 5,
            Precision = precision,
        });
        using (model)
        {
            Assert.Equal(150, history.Steps);
            Assert.Equal(2, history.ValidationCases);
            Assert.True(history.BestValidationScore > 0.8, $"soft Dice {history.BestValidationScore}");
            Assert.Equal(history.Validations.Max(point => point.SoftDice), history.BestValidationScore);
            Assert.Contains(history.Validations, point => point.Step == history.BestStep);
        }
    }

    [Theory]
    [InlineData(TrainingTarget.Consensus)]
    [InlineData(TrainingTarget.Annotator)]
    [InlineData(TrainingTarget.AnyAnnotator)]
    [InlineData(TrainingTarget.SoftLabel)]
    public void Every_target_trains_and_predicts_with_the_published_losses(object target)
    {
        foreach (bool learned in new[] { true, false })
        {
            using ConsensusModel model = Train(
                Quick with { Steps = 2 }, (TrainingTarget)target, new DiffusionOptions { Steps = 10, LearnedVariance = learned }).Model;
            ConsensusPrediction prediction = model.Predict(Discs.Cases(1)[0].Features, new SamplingOptions { Generations = 2 }, 1);
            Assert.Equal(Discs.Side * Discs.Side, prediction.SoftMap.Length);
            Assert.Equal(2 * Discs.Side * Discs.Side, prediction.ConsensusMaps.Length);
            Assert.All(prediction.SoftMap.Concat(prediction.ConsensusMaps), value => Assert.InRange(value, 0, 1));
            Assert.Contains(prediction.Uncertainty, value => value > 0);
        }
    }

    [Fact]
    public void Cancelling_returns_the_model_so_far()
    {
        using var cancellation = new CancellationTokenSource();
        (ConsensusModel model, TrainingHistory history) = Train(Quick with { Steps = 1000 }, progress: report =>
        {
            if (report.Step == 3)
            {
                cancellation.Cancel();
            }
        }, cancellation: cancellation.Token);
        using (model)
        {
            Assert.True(history.Cancelled);
            Assert.Equal(3, history.Steps);
            Assert.NotEmpty(model.SaveWeights());
        }
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_and_says_where()
    {
        TrainingCase[] cases = Discs.Cases(4);
        Array.ForEach(cases, item => item.Features[5] = float.NaN);
        var exception = Assert.Throws<InvalidOperationException>(
            () => new ConsensusTrainer(Discs.Description(), Quick, null, [0f], 1, CPU).Train(cases, null, null, CancellationToken.None));
        Assert.Contains("NaN at step 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_tells_step_fraction_loss_and_scores()
    {
        var reports = new List<TrainingProgress>();
        using ConsensusModel model = Train(Quick, progress: reports.Add).Model;
        Assert.Equal([1, 2, 3, 4, 5, 6, 6], reports.Select(report => report.Step));
        Assert.All(reports, report => Assert.True(double.IsFinite(report.Loss)));
        Assert.Equal(1, reports[^1].Fraction);
        Assert.NotNull(reports[^1].BestValidationScore);
        Assert.Null(reports[0].ValidationScore);
    }

    [Fact]
    public void Weights_survive_a_round_trip_and_predict_the_same()
    {
        using ConsensusModel model = Train(Quick).Model;
        using ConsensusModel loaded = ConsensusModel.Load(model.Description, [model.SaveWeights()], CPU);
        var sampling = new SamplingOptions { Generations = 2, Sampler = SamplerKind.Ddim, Steps = 3 };
        float[] features = Discs.Cases(1)[0].Features;
        Assert.Equal(model.Predict(features, sampling, 5).ConsensusMaps, loaded.Predict(features, sampling, 5).ConsensusMaps);
        Assert.NotEqual(model.Predict(features, sampling, 5).ConsensusMaps, model.Predict(features, sampling, 6).ConsensusMaps);
    }

    [Fact]
    public void The_batch_size_of_sampling_changes_rounding_only()
    {
        using ConsensusModel model = Train(Quick).Model;
        float[] features = Discs.Cases(1)[0].Features;
        var sampling = new SamplingOptions { Generations = 3, Sampler = SamplerKind.Ddpm, Steps = 4 };
        float[] whole = model.Predict(features, sampling, 5).ConsensusMaps,
            parts = model.Predict(features, sampling with { BatchSize = 1 }, 5).ConsensusMaps;
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Averaging_ends_where_one_more_generation_moves_the_map_by_less_than_the_tolerance()
    {
        using ConsensusModel model = Train(Quick).Model;
        float[] features = Discs.Cases(1)[0].Features;
        var sampling = new SamplingOptions { Generations = 6, Sampler = SamplerKind.Ddim, Steps = 2 };

        // If no change reaches the bound, two generations are taken. If every change exceeds it, all are taken.
        Assert.Equal(2, Generations(1));
        Assert.Equal(6, Generations(1e-9));

        // Bounds between these two: the running means, derived from the maps of 2, 3, … generations.
        float[][] means = [.. Enumerable.Range(2, 5).Select(count => Mean(sampling with { Generations = count, Tolerance = 1e-9 }))];
        double[] changes = [.. means.Zip(means.Skip(1), (before, after) => before.Zip(after, (a, b) => Math.Abs((double)a - b)).Average())];
        Assert.All(changes, change => Assert.True(change > 1e-6));

        // Halfway to the next change, where rounding does not matter.
        double between = changes.Order().Take(2).Average();
        int expected = Array.FindIndex(changes, change => change < between) + 3;
        Assert.Equal(expected, Generations(between));

        float[] Mean(SamplingOptions options) => model.Predict(features, options, 5).ConsensusMaps
            .Chunk(Discs.Side * Discs.Side)
            .Aggregate(new float[Discs.Side * Discs.Side], (sum, level) => [.. sum.Zip(level, (a, b) => a + (b / 2))]);

        int Generations(double tolerance)
        {
            float[] maps = model.Predict(features, sampling with { Tolerance = tolerance }, 5).ConsensusMaps;
            return Enumerable.Range(2, 5).Single(count =>
                maps.SequenceEqual(model.Predict(features, sampling with { Generations = count, Tolerance = 1e-9 }, 5).ConsensusMaps));
        }
    }

    [Fact]
    public void Neither_training_nor_prediction_leaves_a_tensor_behind()
    {
        Run();
        long before = LiveTensors();
        Run();
        Assert.Equal(before, LiveTensors());

        static void Run()
        {
            using ConsensusModel model = Train(Quick).Model;
            for (int i = 0; i < 3; i++)
            {
                model.Predict(
                    Discs.Cases(1)[0].Features,
                    new SamplingOptions { Generations = 2, Sampler = SamplerKind.Ddpm, Steps = 3, Precision = Precision.BFloat16 },
                    1);
                model.Predict(
                    Discs.Cases(1)[0].Features,
                    new SamplingOptions { Generations = 3, Sampler = SamplerKind.DpmSolver, Steps = 4, Tolerance = 1e-9 },
                    1);
            }
        }

        static long LiveTensors() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
    }

    [Fact]
    public void Weights_of_another_network_are_refused_by_name()
    {
        using ConsensusModel model = ConsensusModel.Create(Discs.Description(), CPU, 1);
        ModelDescription deeper = model.Description with { Levels = 3 };
        var exception = Assert.Throws<InvalidDataException>(() => ConsensusModel.Load(deeper, [model.SaveWeights()], CPU));
        Assert.Contains("'label_emb.weight'", exception.Message, StringComparison.Ordinal);
    }

    private static (ConsensusModel Model, TrainingHistory History) Train(
        TrainingOptions options,
        TrainingTarget target = TrainingTarget.Consensus,
        DiffusionOptions? diffusion = null,
        int seed = 1,
        Action<TrainingProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new ConsensusTrainer(Discs.Description(target, diffusion), options, new AugmentationPolicy(), [0f], seed, CPU)
            .Train(Discs.Cases(10), progress is null ? null : new Immediate(progress), null, cancellation);

    /// <summary>Reports on the caller's thread, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Immediate(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
