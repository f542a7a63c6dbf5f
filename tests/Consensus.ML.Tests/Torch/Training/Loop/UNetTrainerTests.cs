using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>Complete, tiny training runs of one-pass U-Nets: slices of 16 pixels with a bright disc that two raters outline.</summary>
public sealed class UNetTrainerTests
{
    private static readonly TrainingOptions Quick = new()
    {
        Steps = 4, BatchSize = 2, LearningRate = 1e-3, EmaDecay = 0.5, Threads = 1, Validations = 2, ValidationFraction = 0.25,
        ValidationSampling = new() { Generations = 2 },
    };

    public static TheoryData<string> Kinds => [.. Enum.GetNames<UNetKind>()];

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void Training_learns_the_levels_of_the_disc(object precision)
    {
        (UNetModel model, TrainingHistory history) = Train(
            Quick with
            {
                Steps = 60,
                BatchSize = 4,
                LearningRate = 3e-3,
                EmaDecay = 0.9,
                Validations = 4,
                Precision = (Precision)precision,
            },
            UNetKind.Levels);
        using (model)
        {
            Assert.True(history.BestValidationScore > 0.8, $"soft Dice {history.BestValidationScore}");
            Assert.Equal(history.Validations.Max(point => point.SoftDice), history.BestValidationScore);

            // The larger disc belongs to the first level, the smaller disc to the second.
            float[] levels = model.Predict(Discs.Cases(12)[11].Features, new(), 1).ConsensusMaps;
            int pixels = Discs.Side * Discs.Side, first = levels[..pixels].Count(value => value > 0.5f),
                second = levels[pixels..].Count(value => value > 0.5f);
            Assert.True(first > second && second > 10, $"{first} and {second} pixels");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_trains_the_same_from_one_seed_and_travels(string name)
    {
        UNetKind kind = Enum.Parse<UNetKind>(name);
        using UNetModel model = Train(Quick, kind).Model;
        using UNetModel again = Train(Quick, kind).Model, other = Train(Quick, kind, seed: 2).Model;
        byte[] weights = model.SaveWeights();
        Assert.Equal(weights, again.SaveWeights());
        Assert.NotEqual(weights, other.SaveWeights());

        using UNetModel loaded = UNetModel.Load(model.Description, [weights], CPU);
        float[] features = Discs.Cases(1)[0].Features;
        var sampling = new SamplingOptions { Generations = 3 };
        ConsensusPrediction prediction = model.Predict(features, sampling, 5), same = loaded.Predict(features, sampling, 5);
        Assert.Equal(prediction.SoftMap, same.SoftMap);
        Assert.Equal(prediction.ConsensusMaps, same.ConsensusMaps);
        Assert.Equal(prediction.Uncertainty, same.Uncertainty);
        Assert.Equal((256, 512, 256), (prediction.SoftMap.Length, prediction.ConsensusMaps.Length, prediction.Uncertainty.Length));
        Assert.All(prediction.SoftMap.Concat(prediction.ConsensusMaps), value => Assert.InRange(value, 0, 1));
        Assert.Equal(
            kind is UNetKind.Levels or UNetKind.MultiHead or UNetKind.MultiRaterAgreement || kind.DrawsAtRandom(),
            prediction.Uncertainty.Any(value => value > 0));

        // Only what a kind draws is random here.
        Assert.Equal(!kind.DrawsAtRandom(), prediction.SoftMap.SequenceEqual(model.Predict(features, sampling, 6).SoftMap));
    }

    [Theory]
    [InlineData("MultiHead")]
    [InlineData("MonteCarloDropout")]
    public void A_run_that_broke_off_ends_with_the_weights_of_one_that_did_not(string name)
    {
        UNetKind kind = Enum.Parse<UNetKind>(name);
        using var folder = new TemporaryFolder();
        byte[] expected = Weights(null);
        var options = new CheckpointOptions { Folder = folder["run"], EverySteps = 1, Resume = true };
        Assert.NotEqual(expected, Weights(options, cancelAt: 2));

        Assert.Equal(expected, Weights(options));

        // Another kind gives another run.
        string message = Assert.Throws<InvalidDataException>(() => Weights(options, other: UNetKind.Levels)).Message;
        Assert.Contains($"Kind is \"{name}\" there and \"Levels\" here", message, StringComparison.Ordinal);

        byte[] Weights(CheckpointOptions? checkpoints, int? cancelAt = null, UNetKind? other = null)
        {
            using CheckpointFolder? held = checkpoints is null ? null : CheckpointFolder.Open(checkpoints, _ => { });
            using var cancellation = new CancellationTokenSource();
            var trainer = new UNetTrainer(Description(other ?? kind), Quick, new AugmentationPolicy(), [0f], 1, CPU) { Checkpoints = held };
            (UNetModel model, TrainingHistory history) = trainer.Train(Discs.Cases(10), new Watch(step =>
            {
                if (step == cancelAt)
                {
                    cancellation.Cancel();
                }
            }), null, cancellation.Token);
            using (model)
            {
                Assert.Equal(cancelAt is not null, history.Cancelled);
                return model.SaveWeights();
            }
        }
    }

    [Fact]
    public void Passes_differ_and_the_first_of_many_are_those_of_few()
    {
        using UNetModel model = Train(Quick, UNetKind.MonteCarloDropout).Model;
        float[] features = Discs.Cases(1)[0].Features;
        ConsensusPrediction one = Passes(1), two = Passes(2), three = Passes(3);
        Assert.All(one.Uncertainty, value => Assert.Equal(0, value));
        Assert.Contains(two.Uncertainty, value => value > 1e-4);
        for (int pixel = 0; pixel < 256; pixel++)
        {
            // The passes are computed from the means, and the deviation of the population from the passes.
            double a = one.SoftMap[pixel], b = (2 * two.SoftMap[pixel]) - a, c = (3 * three.SoftMap[pixel]) - a - b, mean = (a + b + c) / 3;
            Assert.Equal(Math.Abs(a - b) / 2, two.Uncertainty[pixel], 1e-5);
            Assert.Equal(
                Math.Sqrt((Math.Pow(a - mean, 2) + Math.Pow(b - mean, 2) + Math.Pow(c - mean, 2)) / 3), three.Uncertainty[pixel], 1e-5);
        }

        // No change reaches 1. Two passes are the least that a tolerance takes.
        Assert.Equal(two.SoftMap, model.Predict(features, new SamplingOptions { Generations = 9, Tolerance = 1 }, 5).SoftMap);

        ConsensusPrediction Passes(int count) => model.Predict(features, new SamplingOptions { Generations = count, BatchSize = 1 }, 5);
    }

    [Fact]
    public void Neither_training_nor_prediction_leaves_a_tensor_behind()
    {
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        static void Run()
        {
            foreach (UNetKind kind in Enum.GetValues<UNetKind>())
            {
                using UNetModel model = Train(Quick with { Steps = 1, DiceLossWeight = 0.5 }, kind).Model;
                model.Predict(
                    Discs.Cases(1)[0].Features,
                    new SamplingOptions { Generations = 2, Tolerance = 1e-9, Precision = Precision.BFloat16 },
                    1);
            }
        }
    }

    private static (UNetModel Model, TrainingHistory History) Train(TrainingOptions options, UNetKind kind, int seed = 1) =>
        new UNetTrainer(Description(kind), options, new AugmentationPolicy(), [0f], seed, CPU)
            .Train(Discs.Cases(10), null, null, CancellationToken.None);

    /// <summary>A fully convolutional network that trains in no time.</summary>
    internal static FullyConvolutionalOptions SmallVgg { get; } = new()
    {
        Convolutions = [1, 1, 1, 1, 1], ChannelMultipliers = [1, 1, 1, 1, 1], HeadMultiplier = 1,
    };

    internal static UNetDescription Description(UNetKind kind) => new()
    {
        Height = Discs.Side, Width = Discs.Side, ImageChannels = 1, Levels = 2, Kind = kind, Rounded = kind == UNetKind.Levels,
        PassDropout = 0.3, Network = Discs.Description().Network, FullyConvolutional = SmallVgg,
        Stochastic = kind == UNetKind.StochasticSegmentation ? new() { Rank = 3 } : null,
        Probabilistic = kind == UNetKind.ProbabilisticUNet ? new() { LatentSize = 2 } : null,
    };

    private sealed class Watch(Action<int> seen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => seen(value.Step);
    }
}
