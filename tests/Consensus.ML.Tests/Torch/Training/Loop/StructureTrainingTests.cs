using Consensus.Imaging;
using Consensus.Imaging.Metrics;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>One network learns two structures and who drew what, and not only their mean.</summary>
public sealed class StructureTrainingTests
{
    private const int Side = 16;

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(LevelConditioning.Channels)]
    [InlineData(LevelConditioning.Embedding)]
    public void A_network_learns_whose_mask_of_which_structure_it_draws(LevelConditioning conditioning)
    {
        // The bright disc: Ann draws it a pixel and a half larger than Ben. The dark disc: Ben alone.
        ModelDescription description = Discs.Description() with
        {
            Structures = [new("bright", 2, ["Ann", "Ben"]), new("dark", 1, ["Ben"])],

            // Without it, the blocks of so narrow a network lose what the embedding adds (NetworkOptions.ScaleShiftNorm).
            Network = Discs.Description().Network with { LevelConditioning = conditioning, ScaleShiftNorm = true },
        };
        TrainingCase[] cases = [.. Enumerable.Range(0, 24).Select(Case)], unseen = [.. Enumerable.Range(100, 6).Select(Case)];
        TrainingOptions options = new()
        {
            Steps = 400, BatchSize = 8, LearningRate = 2e-3, CosineDecay = true, WarmUpSteps = 20, GradientClipping = 1, EmaDecay = 0.98,
            Validations = 4, PairsPerImage = conditioning == LevelConditioning.Channels ? 1 : 4, Threads = 2,
        };
        var trainer = new ConsensusTrainer(description, options, null, [0f], 1, CPU);
        (ConsensusModel model, _) = trainer.Train(cases, null, null, default);
        using ConsensusModel owned = model;
        SamplingOptions sampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 };
        double bright = 0, dark = 0, ann = 0, ben = 0, annAsBen = 0, benAsAnn = 0;
        foreach (TrainingCase one in unseen)
        {
            ConsensusPrediction prediction = model.Predict(one.Features, sampling, seed: 1);
            RaterMasks masks = one.Masks.Unpack();
            float[][] drawn =
            [
                .. Enumerable.Range(0, 3).Select(mask => masks.Rater(mask).ToArray().Select(value => (float)value).ToArray()),
            ];
            float[] annMap = prediction.RaterMaps[..(Side * Side)], benMap = prediction.RaterMaps[(Side * Side)..];
            bright += SoftDice.Mean(
                prediction.SoftMap, [.. drawn[0].Zip(drawn[1], (a, b) => (a + b) / 2)], SoftDice.FiveThresholds) / unseen.Length;
            dark += SoftDice.Mean(prediction.Of(1).SoftMap, drawn[2], SoftDice.FiveThresholds) / unseen.Length;
            ann += RoundedMaps.F1(annMap, drawn[0]) / unseen.Length;
            ben += RoundedMaps.F1(benMap, drawn[1]) / unseen.Length;
            annAsBen += RoundedMaps.F1(annMap, drawn[1]) / unseen.Length;
            benAsAnn += RoundedMaps.F1(benMap, drawn[0]) / unseen.Length;
        }

        string scores = FormattableString.Invariant(
            $"bright {bright:0.000}, dark {dark:0.000}, Ann {ann:0.000} ({annAsBen:0.000}), Ben {ben:0.000} ({benAsAnn:0.000})");
        Assert.True(bright > 0.85 && dark > 0.85, scores);
        Assert.True(ann > annAsBen + 0.05 && ben > benAsAnn + 0.05, scores);
    }

    private static TrainingCase Case(int number)
    {
        var random = new Random(number);
        (double row, double column) = (4 + (random.NextDouble() * 2), 5 + (random.NextDouble() * 6));
        (double darkRow, double darkColumn) = (11 + random.NextDouble(), 4 + (random.NextDouble() * 8));
        int[] pixels = [.. Enumerable.Range(0, Side * Side)];
        byte[] Disc(double y, double x, double radius) =>
            [.. pixels.Select(p => Math.Sqrt(Math.Pow((p / Side) - y, 2) + Math.Pow((p % Side) - x, 2)) < radius ? (byte)1 : (byte)0)];
        byte[] middle = Disc(row, column, 3), dark = Disc(darkRow, darkColumn, 2.5);
        return new TrainingCase(
            $"case{number}",
            [.. pixels.Select(p => middle[p] - (float)dark[p] + (0.1f * (float)random.NextDouble()))],
            new PackedMasks(3, Side, Side, [.. Disc(row, column, 3.75), .. Disc(row, column, 2.25), .. dark]))
        {
            Structures = [0, 0, 1],
            Raters = [0, 1, 0],
        };
    }
}
