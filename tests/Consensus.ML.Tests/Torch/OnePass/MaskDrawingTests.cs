using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Tests.Torch.Training.Loop;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.OnePass;

/// <summary>What the kinds that draw whole masks have learnt, and which samples a prediction has.</summary>
public sealed class MaskDrawingTests
{
    private const int Pixels = Discs.Side * Discs.Side;

    [Theory]
    [InlineData(UNetKind.StochasticSegmentation)]
    [InlineData(UNetKind.ProbabilisticUNet)]
    [Trait("Category", "Slow")]
    public void Where_one_rater_draws_all_and_the_other_nothing_so_do_the_samples(object kind)
    {
        using UNetModel model = Train((UNetKind)kind, Options);
        TrainingCase[] cases = AllOrNothing(3);
        const int Samples = 40;
        int all = 0, nothing = 0;
        foreach (TrainingCase one in cases)
        {
            ConsensusPrediction prediction = model.Predict(
                one.Features, new SamplingOptions { Generations = Samples }, 1, keepSamples: true);
            int[] disc = [.. Enumerable.Range(0, Pixels).Where(pixel => one.Features[pixel] > 0)];
            double[] shares =
            [
                .. Enumerable.Range(0, Samples).Select(
                    sample => disc.Average(pixel => prediction.Samples![(sample * Pixels) + pixel] > 0.5f ? 1.0 : 0)),
            ];
            all += shares.Count(share => share > 0.9);
            nothing += shares.Count(share => share < 0.1);

            // No pixel alone says so: the mean of the samples is near one half everywhere in the disc.
            Assert.InRange(disc.Average(pixel => prediction.SoftMap[pixel]), 0.25, 0.75);

            // The stochastic network learns the background last: the best of its samples count, whatever the others have there.
            Assert.InRange(Enumerable.Range(0, Pixels).Except(disc).Average(pixel => prediction.SoftMap[pixel]), 0, 0.3);
        }

        // Pixels that were drawn one by one, each with a chance of one half, would never agree in nine of ten places.
        string found = $"{all} of {cases.Length * Samples} samples mark the disc, and {nothing} mark nothing of it";
        Assert.True(all > 30 && nothing > 30 && all + nothing > 100, found);
    }

    [Theory]
    [InlineData(UNetKind.StochasticSegmentation)]
    [InlineData(UNetKind.ProbabilisticUNet)]
    public void Samples_follow_from_the_seed_and_the_first_of_many_are_those_of_few(object kind)
    {
        using UNetModel model = Train((UNetKind)kind, Options with { Steps = 2 });
        float[] features = Discs.Cases(1)[0].Features;
        float[] few = Samples(3, 5), many = Samples(7, 5), other = Samples(3, 6);
        Assert.Equal(few, many[..few.Length]);
        Assert.Equal(few, Samples(3, 5));
        Assert.NotEqual(few, other);
        Assert.NotEqual(few[..Pixels], few[Pixels..(2 * Pixels)]);

        // Samples take turns at the views. One member looks at each view once, whatever the number of samples.
        var mirroring = new Mirroring(Mirrored.Columns, MaskOffset.None);
        float[] turns = model.Predict(
            features, new SamplingOptions { Generations = 3, Mirror = true }, 5, mirroring, keepSamples: true).Samples!;
        Assert.Equal(few[..Pixels], turns[..Pixels]);
        Assert.NotEqual(few[Pixels..(2 * Pixels)], turns[Pixels..(2 * Pixels)]);
        Assert.Equal(few[(2 * Pixels)..], turns[(2 * Pixels)..]);

        float[] Samples(int count, ulong seed) => model.Predict(
            features, new SamplingOptions { Generations = count }, seed, keepSamples: true).Samples!;
    }

    private static TrainingOptions Options { get; } = new()
    {
        Steps = 300, BatchSize = 8, LearningRate = 1e-3, WarmUpSteps = 20, GradientClipping = 1, UpdateClipping = 1, EmaDecay = 0.9,
        Threads = 1, Validations = 1, ValidationFraction = 0,
    };

    private static UNetModel Train(UNetKind kind, TrainingOptions options) =>
        new UNetTrainer(UNetTrainerTests.Description(kind), options, null, [0f], 1, CPU)
            .Train(AllOrNothing(12), null, null, CancellationToken.None).Model;

    /// <summary>Discs that one rater marks whole, while the other marks nothing.</summary>
    private static TrainingCase[] AllOrNothing(int count) =>
    [
        .. Discs.Cases(count).Select(one => one with
        {
            Masks = new(2, Discs.Side, Discs.Side, [.. one.Masks.Unpack().Rater(0), .. new byte[Pixels]]),
        }),
    ];
}
