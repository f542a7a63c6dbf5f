using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using Consensus.ML.Torch.Training.Objectives;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>A value that is not a number is refused where it appears. It reaches no map, no checkpoint and no model.</summary>
public sealed class NotFiniteTests : IDisposable
{
    private static readonly TrainingOptions Quick = new()
    {
        Steps = 3,
        BatchSize = 2,
        GradientClipping = null,
        ValidationFraction = 0,
        Threads = 1,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Precision.Float32, null, float.NaN)]
    [InlineData(Precision.Float32, 1.0, float.PositiveInfinity)]
    [InlineData(Precision.BFloat16, null, float.NaN)]
    [InlineData(Precision.BFloat16, 1.0, float.NegativeInfinity)]
    public void A_step_whose_gradient_is_no_number_changes_no_weight(object precision, double? clipping, float slope)
    {
        using var scope = NewDisposeScope();
        var layout = new WeightLayout();
        layout.Add("w", [1], Initialization.Ones, lowPrecision: true);
        layout.Add("other", [3], Initialization.Ones);
        using var optimizer = new Optimizer(
            WeightSet.Initialize(layout, CPU, 1), new() { Precision = (Precision)precision, GradientClipping = clipping, EmaDecay = 0.5 });
        optimizer.ZeroGradients();
        optimizer.Leaves[0].to_type(ScalarType.Float32).Times(slope).sum().backward();

        optimizer.GatherGradients();
        Assert.Throws<NotFiniteGradientException>(() => optimizer.Step(0.1));
        Assert.True(optimizer.IsFinite);
        Assert.Equal([1f, 1, 1, 1], optimizer.Average.Weights.SelectMany(weight => weight.data<float>().ToArray()));
        Assert.Equal(1, optimizer.Leaves[0].to_type(ScalarType.Float32).item<float>());
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(3, null)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void No_training_ends_with_weights_of_a_gradient_that_was_none(int step, bool? onDevice)
    {
        using var diffusion = new DiffusionObjective(Discs.Description(), Quick, null, [0f], 1, CPU);
        using var onePass = new UNetObjective(UNetTrainerTests.Description(UNetKind.Levels), Quick, null, [0f], 1, CPU);
        Refused(new Poisoned<ConsensusModel>(diffusion, step), "diffusion");
        Refused(new Poisoned<UNetModel>(onePass, step), "one-pass");

        void Refused<T>(ITrainingObjective<T> objective, string folder)
            where T : SegmentationModel
        {
            var kept = new CheckpointOptions { Folder = _folder[folder], EverySteps = 1 };
            using CheckpointFolder checkpoints = CheckpointFolder.Open(kept, _ => { });
            var loop = new TrainingLoop<T>(_ => objective, Quick, null, [0f], 1, CPU)
            {
                Checkpoints = checkpoints,
                OnDevice = onDevice,
            };
            Complaint.Expect<InvalidOperationException>(
                () => loop.Train(Discs.Cases(4), null, null, CancellationToken.None), $"The training gradient became NaN at step {step}.",
                "Lower the learning rate");
            Assert.DoesNotContain(
                Directory.GetFiles(kept.Folder), file => Path.GetFileName(file).Contains($"{step:000000000}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_map_of_no_numbers_is_refused_by_every_sampler_and_member()
    {
        float[] features = Discs.Cases(1)[0].Features;
        foreach (SamplerKind sampler in Enum.GetValues<SamplerKind>())
        {
            using ConsensusModel spoilt = ConsensusModel.Create(Discs.Description(), CPU, 1);
            byte[] good = spoilt.SaveWeights();
            using ConsensusModel ensemble = ConsensusModel.Load(Discs.Description(), [good, Spoil(good)], CPU);
            var sampling = new SamplingOptions { Sampler = sampler, Steps = 3, Generations = 1, Mirror = false };
            Assert.Throws<NotFiniteOutputException>(() => ensemble.Predict(features, sampling, 1));
            Assert.Throws<NotFiniteOutputException>(
                () => ensemble.Predict(features, sampling with { Tolerance = 0.1, Generations = 3 }, 1));
        }
    }

    [Fact]
    public void A_map_of_no_numbers_is_refused_of_every_kind_of_one_pass()
    {
        float[] features = Discs.Cases(1)[0].Features;
        foreach (UNetKind kind in Enum.GetValues<UNetKind>())
        {
            UNetDescription description = UNetTrainerTests.Description(kind);
            OnePassVariant variant = description.Variant();
            using var model = new UNetModel(variant, [WeightSet.Initialize(variant.Layout, CPU, 1)], CPU);
            using UNetModel spoilt = UNetModel.Load(description, [Spoil(model.SaveWeights())], CPU);
            Assert.Throws<NotFiniteOutputException>(() => spoilt.Predict(features, new() { Generations = 2 }, 1));
        }
    }

    /// <summary>The same weights, all NaN.</summary>
    private static byte[] Spoil(byte[] safetensors)
    {
        byte[] spoilt = [.. safetensors];
        for (int at = 8 + (int)BitConverter.ToInt64(spoilt); at < spoilt.Length; at += 4)
        {
            BitConverter.TryWriteBytes(spoilt.AsSpan(at), float.NaN);
        }

        return spoilt;
    }

    /// <summary>An objective whose gradient is NaN at one step, although its loss is not.</summary>
    private sealed class Poisoned<T>(ITrainingObjective<T> inner, int step) : ITrainingObjective<T>
        where T : SegmentationModel
    {
        public object Description => inner.Description;

        public WeightLayout Layout => inner.Layout;

        public double Dropout => inner.Dropout;

        public void Begin(IReadOnlyList<TrainingCase> cases, BatchPart part) => inner.Begin(cases, part);

        public Tensor Differentiate(ForwardContext context, long at, double scale)
        {
            Tensor loss = inner.Differentiate(context, at, scale);
            if (at + 1 == step)
            {
                using Tensor gradient = context.Weights[0].grad!;
                gradient.FillInPlace(double.NaN);
            }

            return loss;
        }

        public T CreateModel(IReadOnlyList<WeightSet> weights) => inner.CreateModel(weights);

        public void Dispose()
        {
        }
    }
}
