using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;

namespace Consensus.ML.Segmentation;

/// <summary>The values of the presets, in one place.</summary>
internal static class Presets
{
    /// <summary>For two CPU cores and a quarter of an hour at 64 pixels.</summary>
    public static class Compact
    {
        // The published encoder would take half of the arithmetic of a training step. A narrow encoder leaves time for more steps.
        // tests/Consensus.ML.Benchmarks/RESULTS.md measures what each of these settings brings.
        public static NetworkOptions Network { get; } = new()
        {
            PatchSize = null,
            ResidualBlocks = 1,
            EncoderBlocks = 1,
            EncoderWidth = 32,
            EncoderGrowth = 16,
            EncoderCoordinates = true,
            NoiseStartsAtZero = true,
            ScaleShiftNorm = true,
            LevelConditioning = LevelConditioning.Channels,
        };

        public static DiffusionOptions Diffusion { get; } = new() { LearnedVariance = false, Prediction = PredictionType.XStartLogit };

        // The learning rate does not decay. The moving average of the weights has the same effect as a decay, and with a decay the steps
        // at a small rate would teach little.
        public static TrainingOptions Training { get; } = new()
        {
            PairsPerImage = 1,
            TimePower = 3,
            Optimizer = OptimizerKind.Muon,
            LearningRate = 1e-3,
            WarmUpSteps = 50,
            GradientClipping = 1,
            UpdateClipping = 1,
            EmaDecay = 0.995,
            DiceLossWeight = 0.5,
            Precision = Precision.BFloat16,
            ValidationFraction = null,
        };

        // Each generation sees another mirror image: more generations of the same image would hardly differ.
        public static SamplingOptions Sampling { get; } = new()
        {
            Generations = 4,
            Mirror = true,
            MirrorInterpolation = InterpolationMode.Cubic,
            RoundAtImageSize = true,
            Sampler = SamplerKind.Ddim,
            Steps = 1,
            Precision = Precision.BFloat16,
        };

        // A step that learns a single map of each image learns best at twice the rate of a step that learns all maps. Muon was not tried
        // where an embedding tells which map it is.
        public static TrainingOptions TrainingOf(TrainingTarget target, LevelConditioning levelConditioning)
        {
            bool embeds = levelConditioning == LevelConditioning.Embedding;
            bool learnsOneMap = embeds || target is TrainingTarget.AnyAnnotator or TrainingTarget.SoftLabel;
            return Training with
            {
                LearningRate = learnsOneMap ? 2e-3 : Training.LearningRate,
                Optimizer = embeds ? OptimizerKind.AdamW : Training.Optimizer,
            };
        }
    }

    /// <summary>One-pass models on the same U-Net, for the same cores, time and size of slices.</summary>
    public static class UNet
    {
        // Level conditioning has no effect here: it tells the levels of a diffusion model apart.
        public static NetworkOptions Network { get; } = Compact.Network with { LevelConditioning = default };

        public static TrainingOptions Training { get; } = new()
        {
            Optimizer = OptimizerKind.Muon,
            LearningRate = 1e-3,
            WarmUpSteps = 50,
            GradientClipping = 1,
            UpdateClipping = 1,
            EmaDecay = 0.995,
            Precision = Precision.BFloat16,
            ValidationSampling = new() { Generations = 4 },
        };

        public static SamplingOptions Sampling { get; } = new()
        {
            Generations = 16, Mirror = true, MirrorInterpolation = InterpolationMode.Cubic, RoundAtImageSize = true,
        };

        // The other kinds were measured with AdamW alone.
        public static TrainingOptions TrainingOf(UNetKind kind) =>
            kind == UNetKind.Levels ? Training : Training with { Optimizer = OptimizerKind.AdamW };
    }

    /// <summary>As published (Amit et al. 2023, section 4), for a GPU and slices of 256 pixels.</summary>
    public static class Paper
    {
        // At this size, memory is the limit, not arithmetic. So training takes one image at a time and computes its encoder twice, and
        // sampling takes a few maps at a time.
        private const int MapsAtOnce = 3;

        public static NetworkOptions Network { get; } = new()
        {
            ModelChannels = 128,
            ChannelMultipliers = [1, 1, 1, 2, 2, 4, 4],
            ResidualBlocks = 3,
            EncoderBlocks = 8,
        };

        public static DiffusionOptions Diffusion { get; } = new();

        // The paper does not say how long it trained; validation keeps the best weights of this run. A network that predicts ε needs more
        // than one or two sampling steps before its maps can be compared.
        public static TrainingOptions Training { get; } = new()
        {
            Steps = 100_000,
            MicroBatchSize = 1,
            GradientCheckpointing = true,
            ValidationSampling = new() { Generations = 4, Sampler = SamplerKind.Ddim, Steps = 25, BatchSize = MapsAtOnce },
        };

        public static SamplingOptions Sampling { get; } = new()
        {
            Generations = 25, Sampler = SamplerKind.Ddpm, BatchSize = MapsAtOnce, RoundAtImageSize = true,
        };
    }
}
