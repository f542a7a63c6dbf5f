using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using static TorchSharp.torch;
using InterpolationMode = Consensus.Imaging.Augmentation.InterpolationMode;

namespace Consensus.ML.Onnx.Tests.Models;

/// <summary>
/// ONNX Runtime and torch compute the same maps of every kind of model, from the same weights and noise. The bound is that of the project's
/// requirement; rounding alone gives some 1e-6.
/// </summary>
public sealed class EqualityTests
{
    private const float Bound = 1e-5f;
    private const ulong Seed = 12345;

    private static readonly SamplingOptions OneStep = new()
    {
        Generations = 4, Mirror = true, MirrorInterpolation = InterpolationMode.Cubic, Sampler = SamplerKind.Ddim, Steps = 1,
    };

    private static readonly Mirroring Mirrored = Mirroring.LearnedFrom(
        new AugmentationPolicy { HorizontalFlip = 0.5, VerticalFlip = 0.5 }, new MaskOffset(-0.25, -0.125));

    [Theory]
    [InlineData(TrainingTarget.Consensus, LevelConditioning.Channels)]
    [InlineData(TrainingTarget.Consensus, LevelConditioning.Embedding)]
    [InlineData(TrainingTarget.Annotator, LevelConditioning.Channels)]
    [InlineData(TrainingTarget.Annotator, LevelConditioning.Embedding)]
    [InlineData(TrainingTarget.AnyAnnotator, LevelConditioning.Channels)]
    [InlineData(TrainingTarget.SoftLabel, LevelConditioning.Channels)]
    public void Every_target_and_both_ways_to_tell_levels_apart(TrainingTarget target, LevelConditioning levels) =>
        AssertEqual(Model() with { Target = target, Network = RandomModel.Network(16) with { LevelConditioning = levels } }, OneStep);

    [Theory]
    [InlineData(SamplerKind.Ddim, 1)]
    [InlineData(SamplerKind.Ddim, 4)]
    [InlineData(SamplerKind.Ddim, 10)]
    [InlineData(SamplerKind.DpmSolver, 1)]
    [InlineData(SamplerKind.DpmSolver, 5)]
    public void Both_deterministic_samplers(SamplerKind sampler, int steps) =>
        AssertEqual(Model(), OneStep with { Sampler = sampler, Steps = steps });

    [Theory]
    [InlineData(PredictionType.Epsilon, false)]
    [InlineData(PredictionType.Epsilon, true)]
    [InlineData(PredictionType.XStart, true)]
    [InlineData(PredictionType.Velocity, false)]
    [InlineData(PredictionType.XStartLogit, true)]
    public void Everything_that_a_network_may_predict(PredictionType prediction, bool learnedVariance) => AssertEqual(
        Model() with { Diffusion = new() { Steps = 10, Prediction = prediction, LearnedVariance = learnedVariance } },
        OneStep with { Steps = 3 },

        // x_0 is what is left of x_t, divided by a number below 1: so is the rounding of ε, more than that of other predictions.
        bound: prediction == PredictionType.Epsilon ? 2 * Bound : Bound);

    [Theory]
    [InlineData(NoiseScheduleKind.Linear)]
    [InlineData(NoiseScheduleKind.Cosine)]
    public void Schedules(NoiseScheduleKind schedule) =>
        AssertEqual(Model() with { Diffusion = Model().Diffusion with { Schedule = schedule } }, OneStep with { Steps = 2 });

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(1, true, true)]
    [InlineData(2, true, true)]
    [InlineData(7, true, true)]
    [InlineData(4, true, false)]
    public void Generations_with_and_without_mirror_images(int generations, bool mirror, bool cubic) =>
        AssertEqual(Model(), OneStep with
        {
            Generations = generations, Mirror = mirror, MirrorInterpolation = cubic ? InterpolationMode.Cubic : InterpolationMode.Linear,
        });

    [Fact]
    public void Batches_of_passes() => AssertEqual(
        Model() with { Network = RandomModel.Network(16) with { LevelConditioning = LevelConditioning.Embedding } },
        OneStep with { Generations = 5, BatchSize = 7 });

    [Theory]
    [InlineData(Conditioning.Encoder, 2)]
    [InlineData(Conditioning.Concatenation, 1)]
    [InlineData(Conditioning.Concatenation, 2)]
    public void Patches_and_concatenation(Conditioning conditioning, int patch) => AssertEqual(
        Model(32) with { Network = RandomModel.Network(32) with { Conditioning = conditioning, PatchSize = patch } }, OneStep);

    [Theory]
    [InlineData(32, 1)]
    [InlineData(32, 2)]
    [InlineData(64, 2)]
    public void Coordinates(int width, int patch) => AssertEqual(
        Model(32) with { Width = width, Network = RandomModel.Network(32) with { EncoderCoordinates = true, PatchSize = patch } }, OneStep);

    [Fact]
    public void Noise_that_is_added_without_scale_and_several_blocks_and_heads() => AssertEqual(
        Model(32) with
        {
            Network = RandomModel.Network(32) with
            {
                ScaleShiftNorm = false, ResidualBlocks = 2, AttentionHeads = 4, EncoderBlocks = 2, ChannelMultipliers = [1, 2, 2],
                AttentionResolutions = [16, 8],
            },
        },
        OneStep);

    [Fact]
    public void Slices_that_are_not_square() => AssertEqual(Model() with { Width = 24 }, OneStep);

    [Fact]
    public void The_usual_size() => AssertEqualAt(64);

    [Fact]
    [Trait("Category", "Slow")]
    public void The_size_of_the_published_data() => AssertEqualAt(128);

    [Theory]
    [InlineData(LevelConditioning.Channels)]
    [InlineData(LevelConditioning.Embedding)]
    public void Ensembles(LevelConditioning levels) => AssertEqual(
        Model() with { Network = RandomModel.Network(16) with { LevelConditioning = levels } }, OneStep with { Generations = 3 },
        members: 3);

    [Theory]
    [InlineData(UNetKind.Levels, true)]
    [InlineData(UNetKind.Levels, false)]
    [InlineData(UNetKind.SoftLabel, false)]
    [InlineData(UNetKind.MajorityVote, true)]
    [InlineData(UNetKind.LabelSampling, false)]
    [InlineData(UNetKind.MultiHead, false)]
    [InlineData(UNetKind.FullyConvolutional, false)]
    [InlineData(UNetKind.DeepAttention, false)]
    [InlineData(UNetKind.MultiRaterAgreement, false)]
    [InlineData(UNetKind.StochasticSegmentation, false)]
    [InlineData(UNetKind.ProbabilisticUNet, true)]
    public void Every_kind_of_one_pass_network(UNetKind kind, bool rounded)
    {
        AssertEqual(RandomModel.OnePass(16) with { Kind = kind, Rounded = rounded }, OneStep);
        AssertEqual(RandomModel.OnePass(16) with { Kind = kind, Rounded = rounded }, OneStep with { Mirror = false }, members: 2);
    }

    [Fact]
    public void Drawn_masks_of_patches_and_without_a_background()
    {
        var drawing = RandomModel.OnePass(32) with { Network = RandomModel.Network(32) with { PatchSize = 2 } };
        AssertEqual(
            drawing with { Kind = UNetKind.StochasticSegmentation, Stochastic = new() { Rank = 3, MaskBackground = true } },
            OneStep with { Generations = 3 });
        AssertEqual(
            drawing with { Kind = UNetKind.ProbabilisticUNet, Probabilistic = new() { LatentSize = 20 } },
            OneStep with { Generations = 3 });
    }

    [Fact]
    public void What_a_graph_cannot_draw_is_refused_by_name()
    {
        Assert.Contains("Ddpm", Refusal(Model(), OneStep with { Sampler = SamplerKind.Ddpm }), StringComparison.Ordinal);
        Assert.Contains(
            "MonteCarloDropout", Refusal(RandomModel.OnePass(16) with { Kind = UNetKind.MonteCarloDropout }, OneStep),
            StringComparison.Ordinal);
        Assert.Contains(
            "FixedPoint", Refusal(RandomModel.OnePass(16) with { Kind = UNetKind.FixedPoint }, OneStep), StringComparison.Ordinal);
        Assert.Contains(
            "Tolerance", Refusal(RandomModel.OnePass(16) with { Kind = UNetKind.ProbabilisticUNet }, OneStep with { Tolerance = 0.1 }),
            StringComparison.Ordinal);
        ModelDescription manySteps = Model() with { Diffusion = Model().Diffusion with { Steps = 1000 } };
        Assert.Contains("1000 sampling steps", Refusal(manySteps, OneStep with { Steps = null }), StringComparison.Ordinal);

        static string Refusal(INetworkDescription description, SamplingOptions sampling) => Assert.Throws<NotSupportedException>(
            () => RandomModel.Graph(description, [RandomModel.Weights(description.Layout(), 1).Arrays], sampling, Mirrored, Seed)).Message;
    }

    private static ModelDescription Model(int side = 16) => RandomModel.Diffusion(side);

    private static void AssertEqualAt(int side) =>
        AssertEqual(Model(side) with { Network = RandomModel.Network(side) with { AttentionResolutions = [] } }, OneStep);

    internal static void AssertEqual(INetworkDescription description, SamplingOptions sampling, int members = 1, float bound = Bound)
    {
        var weights = Enumerable.Range(1, members).Select(seed => RandomModel.Weights(description.Layout(), seed)).ToArray();
        float[] image = RandomModel.Image(2, description.Height, description.Width);
        using SegmentationModel model = description is ModelDescription diffusion
            ? ConsensusModel.Load(diffusion, [.. weights.Select(member => member.File)], CPU)
            : UNetModel.Load((UNetDescription)description, [.. weights.Select(member => member.File)], CPU);
        ConsensusPrediction expected = model.Predict(image, sampling, Seed, Mirrored, keepSamples: true);
        IReadOnlyList<ReadOnlyMemory<float>>[] arrays = [.. weights.Select(member => member.Arrays)];
        (string, float[], long[]) input = ("Image", image, [1, 2, description.Height, description.Width]);
        AssertEqual(expected, GraphRun.Run(
            GraphRun.ToBytes(RandomModel.Graph(description, arrays, sampling, Mirrored, Seed)), input), bound);
        if (description is ModelDescription open)
        {
            // The same noise as an input.
            var noise = new CpuNoise(Seed);
            long[] shape = DiffusionGraph.NoiseShape(open, sampling.Generations);
            int each = (int)shape.Aggregate(1L, (product, side) => product * side);
            float[] drawn = [.. Enumerable.Range(0, members).SelectMany(_ => noise.Normal(each))];
            AssertEqual(expected, GraphRun.Run(
                GraphRun.ToBytes(RandomModel.Graph(description, arrays, sampling, Mirrored, seed: null)), input,
                ("Noise", drawn, [members * shape[0], .. shape.Skip(1)])), bound);
        }
    }

    private static void AssertEqual(ConsensusPrediction expected, Dictionary<string, float[]> found, float bound)
    {
        Near("samples", expected.Samples!, found["Samples"], bound);
        Near("levels", expected.ConsensusMaps, found["ConsensusMaps"], bound);
        Near("uncertainty", expected.Uncertainty, found["Uncertainty"], bound);

        // Rounding at one half may turn a difference of 1e-7 into a whole level.
        Assert.Equal(expected.SoftMap.Length, found["SoftMap"].Length);
        int turned = expected.SoftMap.Zip(found["SoftMap"]).Count(pair => Math.Abs(pair.First - pair.Second) > bound);
        Assert.True(turned <= expected.SoftMap.Length / 1000, $"{turned} pixels of the soft map differ");

        // Maps of one value everywhere would be equal whatever the network does.
        Assert.True(expected.Samples!.Distinct().Count() > expected.SoftMap.Length / 4);
    }

    private static void Near(string name, float[] expected, float[] found, float bound)
    {
        Assert.Equal(expected.Length, found.Length);
        float most = expected.Zip(found).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(most < bound, $"{name}: {most}");
    }
}
