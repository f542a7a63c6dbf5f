using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training.Loop;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Objectives;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Objectives;

/// <summary>The ways to save memory change gradients only by rounding.</summary>
public sealed class GradientPassTests
{
    private const int Images = 3, Pairs = 2, Side = 16;

    [Theory]
    [InlineData(1, false, 0.0)]
    [InlineData(2, false, 0.0)]
    [InlineData(3, false, 0.0)]
    [InlineData(null, true, 0.0)]
    [InlineData(2, true, 0.0)]
    [InlineData(1, false, 0.3)]
    [InlineData(2, true, 0.3)]
    public void Slices_and_activations_computed_again_give_the_gradients_of_the_whole_batch(
        int? microBatchSize,
        bool checkpointing,
        double dropout)
    {
        var plain = new TrainingOptions { PairsPerImage = Pairs };
        (float loss, float[][] gradients) = Gradients(plain, 1, dropout: dropout);
        (float sameLoss, float[][] same) = Gradients(
            plain with { MicroBatchSize = microBatchSize, GradientCheckpointing = checkpointing }, 1, dropout: dropout);
        Assert.Equal(loss, sameLoss, 1e-5f * loss);
        for (int i = 0; i < gradients.Length; i++)
        {
            // Every weight learns, also those of the encoder and those after zeroed convolutions.
            float largest = gradients[i].Max(Math.Abs);
            Assert.True(largest > 0);
            Assert.All(gradients[i].Zip(same[i]), pair => Assert.Equal(pair.First, pair.Second, 2e-5f * largest));
        }
    }

    [Theory]
    [InlineData(UNetKind.Levels, 0.0)]
    [InlineData(UNetKind.MultiHead, 0.0)]
    [InlineData(UNetKind.StochasticSegmentation, 0.0)]
    [InlineData(UNetKind.ProbabilisticUNet, 0.0)]
    [InlineData(UNetKind.Levels, 0.3)]
    [InlineData(UNetKind.StochasticSegmentation, 0.3)]
    public void Slices_give_a_one_pass_network_the_gradients_of_the_whole_batch(object kind, double dropout)
    {
        var plain = new TrainingOptions { BatchSize = Images, DiceLossWeight = 0.5 };
        (float loss, float[] gradient) = Gradient(plain);
        (float sameLoss, float[] same) = Gradient(plain with { MicroBatchSize = 2 });
        Assert.Equal(loss, sameLoss, 1e-5f * loss);
        float largest = gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(same), pair => Assert.Equal(pair.First, pair.Second, 2e-5f * largest));

        (float Loss, float[] Gradient) Gradient(TrainingOptions options)
        {
            // The first rater has not drawn the last case, so one of its outputs has no target.
            using var scope = NewDisposeScope();
            using var objective = new UNetObjective(UNetTrainerTests.Description((UNetKind)kind), options, null, [0f], 1, CPU);
            TrainingCase[] cases = Discs.Cases(Images);
            cases[^1] = cases[^1] with { Masks = new(1, Side, Side, cases[^1].Masks.Unpack().Rater(1).ToArray()), Raters = [1] };
            objective.Begin(cases, BatchPart.WholeOf(Images));
            using var optimizer = new Optimizer(Scattered(objective.Layout), options);
            using var generator = new Generator(3, CPU);
            Tensor mean = objective.Differentiate(
                new ForwardContext(optimizer.Leaves, Training: true) { Dropout = dropout, DropoutGenerator = generator }, 0, 1);
            return (mean.item<float>(), [.. optimizer.Leaves.SelectMany(leaf => leaf.grad!.data<float>().ToArray())]);
        }
    }

    [Theory]
    [InlineData(Precision.BFloat16, 0.05)]
    [InlineData(Precision.Float16, 0.01)]
    public void Formats_of_16_bits_give_these_gradients_as_exactly_as_they_can(object precision, double tolerance)
    {
        // float16 starts with a scale of 2^16. A power of two changes no digit of a bfloat16 number.
        var options = new TrainingOptions { PairsPerImage = Pairs, Precision = (Precision)precision };
        (float loss, float[][] gradients) = Gradients(options with { Precision = Precision.Float32 }, 1, images: 1, channels: 32);
        (float sameLoss, float[][] same) = Gradients(options with { GradientCheckpointing = true }, 65536, images: 1, channels: 32);
        Assert.Equal(loss, sameLoss, (float)tolerance * loss);
        float[] all = [.. gradients.SelectMany(values => values)],
            others = [.. same.SelectMany(values => values.Select(value => value / 65536))];
        double norm = Math.Sqrt(all.Sum(value => (double)value * value)),
            difference = Math.Sqrt(all.Zip(others).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.InRange(difference / norm, 0, tolerance);
    }

    /// <summary>Loss and gradients, one array for each weight, of a batch of noise. All weights of the network are random.</summary>
    private static (float Loss, float[][] Gradients) Gradients(
        TrainingOptions options,
        double scale,
        int images = Images,
        int channels = 64,
        double dropout = 0)
    {
        // With 32 channels, each channel is a group, and group normalisation removes what the embedding adds. Gradients would then be zero
        // except for rounding.
        using var scope = NewDisposeScope();
        ModelDescription description = Discs.Description(diffusion: new DiffusionOptions());
        description = description with { Network = description.Network with { EncoderBlocks = 3, ModelChannels = channels } };
        ConsensusNetwork network = description.CreateNetwork();
        using var generator = new Generator(1, CPU);
        using var process = new DiffusionProcess(
            description.Diffusion, NoiseSchedule.Create(description.Diffusion.Schedule, description.Diffusion.Steps), CPU);
        using var optimizer = new Optimizer(Scattered(network.Layout), options);
        int maps = images * Pairs;
        var batch = new TrainingBatch(
            randn([images, 1, Side, Side], generator: generator),
            randn([maps, 1, Side, Side], generator: generator).sign_(),
            tensor(Enumerable.Range(0, maps).Select(i => (i % 2) + 1L).ToArray()),
            tensor(Enumerable.Range(0, maps).Select(i => (long)(i * 90 / maps)).ToArray()),
            Present: null);
        Tensor noise = randn([maps, 1, Side, Side], generator: generator);
        using var drawing = new Generator(4, CPU);
        Tensor loss = new GradientPass(network, process, options).Run(
            new ForwardContext(optimizer.Leaves, Training: true) { Dropout = dropout, DropoutGenerator = drawing }, batch, noise, scale);
        return (loss.item<float>(), [.. optimizer.Leaves.Select(leaf => leaf.grad!.to_type(ScalarType.Float32).data<float>().ToArray())]);
    }

    /// <summary>Initial weights with some noise, so that no layer is zero and hides the layers before it.</summary>
    private static WeightSet Scattered(WeightLayout layout)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(2, CPU);
        WeightSet weights = WeightSet.Initialize(layout, CPU, 1);
        weights.Flat.PlusInPlace(randn(weights.Flat.shape, generator: generator).TimesInPlace(0.05));
        return weights;
    }
}
