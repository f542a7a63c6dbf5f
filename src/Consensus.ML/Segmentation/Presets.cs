using Consensus.ML.Options;

namespace Consensus.ML.Segmentation;

/// <summary>The values of the two presets, in one place.</summary>
internal static class Presets
{
    /// <summary>For two CPU cores and a quarter of an hour at 64 pixels.</summary>
    public static class Compact
    {
        // Half of a step's arithmetic would be the published encoder's: a narrow one leaves more steps in the same minutes. What each of
        // these settings buys is measured in tests/Consensus.ML.Benchmarks/RESULTS.md.
        public static NetworkOptions Network { get; } = new()
        {
            PatchSize = null,
            ResidualBlocks = 1,
            EncoderBlocks = 1,
            EncoderWidth = 32,
            EncoderGrowth = 16,
            NoiseStartsAtZero = true,
            ScaleShiftNorm = true,
            LevelConditioning = LevelConditioning.Channels,
        };

        public static DiffusionOptions Diffusion { get; } = new() { LearnedVariance = false, Prediction = PredictionType.XStartLogit };

        // The rate does not decay: the moving average of the weights does what decay is for, and the steps at a small rate are lost.
        public static TrainingOptions Training { get; } = new()
        {
            PairsPerImage = 1,
            TimePower = 3,
            LearningRate = LearningRate(default, LevelConditioning.Channels),
            WarmUpSteps = 50,
            GradientClipping = 1,
            UpdateClipping = 1,
            EmaDecay = 0.995,
            DiceLossWeight = 0.5,
            Precision = Precision.BFloat16,
        };

        // One view of the image each: more generations of one view hardly differ.
        public static SamplingOptions Sampling { get; } = new()
        {
            Generations = 4,
            Mirror = true,
            Sampler = SamplerKind.Ddim,
            Steps = 1,
            Precision = Precision.BFloat16,
        };

        // A step that learns one map an image learns more at twice the rate of one that learns them all.
        public static double LearningRate(TrainingTarget target, LevelConditioning levelConditioning) =>
            levelConditioning == LevelConditioning.Embedding || target is TrainingTarget.AnyAnnotator or TrainingTarget.SoftLabel
                ? 2e-3
                : 1e-3;
    }

    /// <summary>One-pass U-Nets, for the same cores, minutes and pixels, on the same U-Net.</summary>
    public static class UNet
    {
        // What tells a diffusion model's levels apart says nothing here.
        public static NetworkOptions Network { get; } = Compact.Network with { LevelConditioning = default };

        public static TrainingOptions Training { get; } = new()
        {
            LearningRate = 1e-3,
            WarmUpSteps = 50,
            GradientClipping = 1,
            UpdateClipping = 1,
            EmaDecay = 0.995,
            Precision = Precision.BFloat16,
            ValidationSampling = new() { Generations = 4 },
        };

        public static SamplingOptions Sampling { get; } = new() { Generations = 16, Mirror = true };
    }

    /// <summary>As published (Amit et al. 2023, section 4), for a GPU and slices of 256 pixels.</summary>
    public static class Paper
    {
        // At this size memory is short before arithmetic is: one image at a time while training, its encoder computed twice, and a few
        // maps at a time while sampling.
        private const int MapsAtOnce = 3;

        public static NetworkOptions Network { get; } = new()
        {
            ModelChannels = 128,
            ChannelMultipliers = [1, 1, 1, 2, 2, 4, 4],
            ResidualBlocks = 3,
            EncoderBlocks = 8,
        };

        public static DiffusionOptions Diffusion { get; } = new();

        // The paper does not say how long it trained; validation keeps the best weights of this run.
        // Predictions of ε need more than a step or two before they can be ranked.
        public static TrainingOptions Training { get; } = new()
        {
            Steps = 100_000,
            MicroBatchSize = 1,
            GradientCheckpointing = true,
            ValidationSampling = new() { Generations = 4, Sampler = SamplerKind.Ddim, Steps = 25, BatchSize = MapsAtOnce },
        };

        public static SamplingOptions Sampling { get; } = new() { Generations = 25, Sampler = SamplerKind.Ddpm, BatchSize = MapsAtOnce };
    }
}
