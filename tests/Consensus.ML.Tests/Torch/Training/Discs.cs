using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;

namespace Consensus.ML.Tests.Torch.Training;

/// <summary>A tiny training problem: slices of 16 pixels with a bright disc that two raters outline.</summary>
internal static class Discs
{
    public const int Side = 16;

    public static ModelDescription Description(TrainingTarget target = TrainingTarget.Consensus, DiffusionOptions? diffusion = null) =>
        new()
        {
            Height = Side, Width = Side, ImageChannels = 1, Levels = 2, Target = target,
            Network = SmallNetwork.Options with { EncoderWidth = 8, EncoderGrowth = 4 },
            Diffusion = diffusion ?? new DiffusionOptions { Prediction = PredictionType.XStartLogit, LearnedVariance = false },
        };

    /// <summary>What the zip of a model with such a network would say.</summary>
    public static DiffusionManifest Manifest(NetworkOptions network) => new()
    {
        Columns = new("a", "b", "c", "d"), Height = Side, Width = Side, ImageChannels = 1, Levels = 2, Target = TrainingTarget.Consensus,
        Network = network, Diffusion = new(), Sampling = new(), Seed = 1,
        Training = new(new TrainingOptions(), null, new(0, 0, null, 0, 0, 0, false, [])),
        Weights = new("weights.safetensors", 1, new string('0', 64)),
    };

    /// <summary>What the checkpoint of a training with such a network would say.</summary>
    public static TrainingFingerprint Fingerprint(NetworkOptions network, TrainingOptions? options = null) =>
        TrainingFingerprint.Compute(
            Description() with { Network = network }, options ?? new TrainingOptions(), null, [0f], 1, null, Cases(1));

    /// <summary>The same from a build before there was an option, such as Network.PatchSize.</summary>
    public static TrainingFingerprint Before(this TrainingFingerprint checkpoint, string option)
    {
        var settings = checkpoint.Settings.ToDictionary();
        Assert.True(settings.Remove(option), $"No option is called {option}.");
        return checkpoint with { Settings = settings };
    }

    /// <summary>Discs at seeded places. The second rater's discs are a pixel smaller.</summary>
    public static TrainingCase[] Cases(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var random = new Random(i);
        double row = 6 + (random.NextDouble() * 4), column = 6 + (random.NextDouble() * 4);
        double Distance(int pixel) => Math.Sqrt(Math.Pow((pixel / Side) - row, 2) + Math.Pow((pixel % Side) - column, 2));
        int[] pixels = [.. Enumerable.Range(0, Side * Side)];
        return new TrainingCase($"case{i}", [.. pixels.Select(p => (Distance(p) < 4.5 ? 1f : -1f) + (0.1f * (float)random.NextDouble()))],
            new(2, Side, Side, [
                .. pixels.Select(p => Distance(p) < 4.5 ? (byte)1 : (byte)0), .. pixels.Select(p => Distance(p) < 3.5 ? (byte)1 : (byte)0),
            ]));
    })];
}
