using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training.Loop;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.OnePass;

/// <summary>What holds for every kind of one-pass model.</summary>
public sealed class EveryVariantTests
{
    private const int Side = 32;

    public static TheoryData<string> Kinds => [.. Enum.GetNames<UNetKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_loss_reaches_every_weight(string kind)
    {
        using var scope = NewDisposeScope();

        // Group normalisation makes a single value zero, whatever it was. Five poolings leave more than one of 64 pixels.
        int side = Enum.Parse<UNetKind>(kind) is UNetKind.FullyConvolutional or UNetKind.FixedPoint ? 64 : 16;
        UNetDescription description = Description(kind) with { Height = side, Width = side };
        OnePassVariant variant = description.Variant();
        Assert.Equal(variant.Layout.Specs.Count, variant.Layout.Specs.Select(spec => spec.Name).Distinct().Count());
        using WeightSet set = WeightSet.Initialize(variant.Layout, CPU, 1);
        using var generator = new Generator(3, CPU);
        Tensor[] weights =
        [
            .. set.Weights.Select(
                weight => weight.Plus(randn(weight.shape, generator: generator).Times(0.1)).detach().requires_grad_(true)),
        ];
        UNetBatch batch = new UNetBatchSource(
            description, variant.Target, new() { BatchSize = 2 }, null, [0f], 5, [Disc(0, side), Disc(1, side)]).Draw(0)(CPU);
        variant.Loss(new(weights, Training: true) { DropoutGenerator = generator }, batch, 0.5).backward();
        string[] missed =
        [
            .. variant.Layout.Specs.Where((_, i) => weights[i].grad is not { } grad || !grad.isfinite().all().item<bool>()
                || grad.abs().sum().item<float>() == 0)
                .Select(spec => spec.Name),
        ];
        Assert.Equal([], missed);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("FullyConvolutional")]
    [InlineData("DeepAttention")]
    [InlineData("MultiRaterAgreement")]
    [InlineData("FixedPoint")]
    public void A_disc_is_learned_in_few_steps(string kind)
    {
        var options = new TrainingOptions
        {
            Steps = 120, BatchSize = 4, LearningRate = 3e-3, EmaDecay = 0.9, Threads = 1, Validations = 2, ValidationFraction = 0.25,
        };
        (UNetModel model, TrainingHistory history) = new UNetTrainer(Description(kind), options, null, [0f], 1, CPU)
            .Train([.. Enumerable.Range(0, 12).Select(seed => Disc(seed))], null, null, CancellationToken.None);
        using (model)
        {
            Assert.True(history.BestValidationScore > 0.75, $"soft Dice {history.BestValidationScore}");

            // A disc that training has not seen. The soft map is high in its middle, and low far from it.
            TrainingCase other = Disc(99);
            ConsensusPrediction prediction = model.Predict(other.Features, new(), 1);
            float[] truth = [.. other.Masks.Unpack().Pixels[..(Side * Side)].Select(pixel => (float)pixel)];
            double inside = prediction.SoftMap.Zip(truth).Where(pair => pair.Second > 0).Average(pair => pair.First),
                outside = prediction.SoftMap.Zip(truth).Where(pair => pair.Second == 0).Average(pair => pair.First);
            Assert.True(inside > 0.7 && outside < 0.2, $"{inside} inside, {outside} outside");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_image_has_the_same_outputs_alone_and_beside_others(string kind)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        OnePassVariant variant = Description(kind).Variant();
        using WeightSet set = WeightSet.Initialize(variant.Layout, CPU, 1);
        using var generator = new Generator(3, CPU);
        foreach (Tensor weight in set.Weights)
        {
            weight.PlusInPlace(randn(weight.shape, generator: generator).TimesInPlace(0.05));
        }

        Tensor images = cat([.. Enumerable.Range(0, 3).Select(seed => tensor(Disc(seed).Features).view(1, 1, Side, Side))], 0);

        // A network that draws masks gives each image of a batch random numbers of its own, wherever the image is computed.
        using var drawing = new Generator(4, CPU);
        var context = new ForwardContext(set.Weights, Training: false) { DropoutGenerator = drawing };
        Tensor together = variant.Logits(context, images);
        for (int image = 0; image < 3; image++)
        {
            Tensor alone = variant.Logits(context with { Part = new(image, 1, 3) }, images.narrow(0, image, 1));
            Assert.True((together.narrow(0, image, 1) - alone).abs().max().item<float>() < 1e-4);
        }
    }

    [Fact]
    public void Expertise_changes_the_soft_map_of_a_model_and_not_its_weights()
    {
        UNetDescription description = Description("MultiRaterAgreement");
        OnePassVariant variant = description.Variant();
        using WeightSet set = WeightSet.Initialize(variant.Layout, CPU, 1);
        using (no_grad())
        {
            using var generator = new Generator(3, CPU);
            foreach (Tensor weight in set.Weights)
            {
                weight.PlusInPlace(randn(weight.shape, generator: generator).TimesInPlace(0.05));
            }
        }

        byte[] weights = Checkpoint.Write(set);
        ConsensusPrediction[] predictions = [.. new double[]?[] { null, [2, 2], [5, 0], [1, 0], [0, 1] }.Select(expertise =>
        {
            using UNetModel model = UNetModel.Load(description with { Expertise = expertise }, [weights], CPU);
            return model.Predict(Disc(1).Features, new(), 1, keepSamples: true);
        })];
        Assert.Equal(predictions[0].SoftMap, predictions[1].SoftMap);
        Assert.Equal(predictions[2].SoftMap, predictions[3].SoftMap);
        Assert.NotEqual(predictions[0].SoftMap, predictions[2].SoftMap);
        Assert.NotEqual(predictions[2].SoftMap, predictions[4].SoftMap);

        // The masks of two raters make the levels, and the larger value at each pixel is that of the first level.
        float[] masks = predictions[0].Samples!;
        int pixels = Side * Side;
        Assert.Equal(2 * pixels, masks.Length);
        Assert.Equal(
            Enumerable.Range(0, pixels).Select(i => Math.Max(masks[i], masks[pixels + i])), predictions[0].ConsensusMaps[..pixels]);
        Assert.NotEqual(Enumerable.Range(0, pixels).Select(i => (masks[i] + masks[pixels + i]) / 2), predictions[0].SoftMap);
    }

    private static UNetDescription Description(string kind) => UNetTrainerTests.Description(Enum.Parse<UNetKind>(kind)) with
    {
        Height = Side, Width = Side,
    };

    /// <summary>A bright disc of two thirds of the slice that two raters outline, the second a little smaller.</summary>
    private static TrainingCase Disc(int seed, int side = Side)
    {
        var random = new Random(seed);
        double radius = side / 3.5, row = (side / 2.0) + (random.NextDouble() * 4) - 2,
            column = (side / 2.0) + (random.NextDouble() * 4) - 2;
        double Distance(int pixel) => Math.Sqrt(Math.Pow((pixel / side) - row, 2) + Math.Pow((pixel % side) - column, 2));
        int[] pixels = [.. Enumerable.Range(0, side * side)];
        return new TrainingCase(
            $"disc{seed}", [.. pixels.Select(p => (Distance(p) < radius ? 1f : -1f) + (0.1f * (float)random.NextDouble()))],
            new RaterMasks(2, side, side,
            [
                .. pixels.Select(p => Distance(p) < radius ? (byte)1 : (byte)0),
                .. pixels.Select(p => Distance(p) < radius - 1 ? (byte)1 : (byte)0),
            ]));
    }
}
