using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Optimization;

public sealed class OptimizerTests
{
    [Fact]
    public void Steps_follow_adamw_and_the_average_its_warm_up_by_hand()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create(new TrainingOptions { WeightDecay = 0.1, EmaDecay = 0.9 });

        // Loss = 3·w with w = 2: the gradient is 3, twice.
        // Step 1: w = 2·(1 − 0.01·0.1) − 0.01·(3 / 3) = 1.988. Step 2, the same moments after correction: 1.988·0.999 − 0.01 = 1.976012.
        Descend(optimizer, 0.01);
        AssertWeight(1.988, optimizer);

        // Average: decay min(0.9, 2/11), then min(0.9, 3/12).
        double average = (2 * 2 / 11.0) + (1.988 * 9 / 11);
        Assert.Equal(average, optimizer.Average.Weights[0].item<float>(), 1e-5);
        Descend(optimizer, 0.01);
        AssertWeight(1.976012, optimizer);
        Assert.Equal((average * 3 / 12) + (1.976012 * 9 / 12), optimizer.Average.Weights[0].item<float>(), 1e-5);
    }

    [Fact]
    public void Clipping_scales_the_whole_gradient_to_the_limit()
    {
        using var scope = NewDisposeScope();
        using Optimizer free = Create(new TrainingOptions()), clipped = Create(new TrainingOptions { GradientClipping = 0.5 });

        // AdamW's first step does not depend on the gradient's size. Its second step sees the change from a clipped 3 to an unclipped 0.25.
        foreach (Optimizer optimizer in new[] { free, clipped })
        {
            Descend(optimizer, 0.01);
            Descend(optimizer, 0.01, slope: 0.25f);
        }

        double Second(double first) => 0.01 * ((0.1 * 0.9 * first + 0.1 * 0.25) / 0.19)
            / Math.Sqrt((0.001 * 0.999 * first * first + 0.001 * 0.0625) / (1 - 0.999 * 0.999));
        AssertWeight(1.99 - Second(3), free);
        AssertWeight(1.99 - Second(0.5), clipped);
    }

    [Fact]
    public void A_gradient_that_outgrows_its_estimate_makes_a_step_shorter_by_as_much()
    {
        using var scope = NewDisposeScope();
        using Optimizer free = Create(new TrainingOptions()), loose = Create(new TrainingOptions { UpdateClipping = 0.71 }),
            tight = Create(new TrainingOptions { UpdateClipping = 0.5 });

        // One of the four parameters has a gradient. By AdamW's estimate it is 1 at the first step, so the root mean square is sqrt(1/4).
        foreach (Optimizer optimizer in new[] { free, loose, tight })
        {
            Descend(optimizer, 0.01, slope: 0.25f);
            AssertWeight(1.99, optimizer);
            Descend(optimizer, 0.01);
        }

        // At the second step, the estimate of 3² is (0.001·0.999·0.25² + 0.001·3²) / (1 − 0.999²).
        double estimate = Math.Sqrt(((0.001 * 0.999 * 0.0625) + (0.001 * 9)) / (1 - (0.999 * 0.999)));
        double step = 0.01 * (((0.1 * 0.9 * 0.25) + (0.1 * 3)) / 0.19) / estimate, root = 3 / estimate / 2;
        Assert.Equal(0.7045, root, 1e-4);
        AssertWeight(1.99 - step, free);
        AssertWeight(1.99 - step, loose);
        AssertWeight(1.99 - (step * 0.5 / root), tight);
    }

    /// <summary>On a GPU the factors of clipping stay there, and float16 alone needs the host's decision.</summary>
    [Theory]
    [InlineData(Precision.Float32, 0.1)]
    [InlineData(Precision.BFloat16, 0)]
    [InlineData(Precision.Float16, 0.1)]
    public void Steps_on_a_device_have_the_bits_of_steps_on_the_host_and_their_outcome_one_step_later(object precision, double decay)
    {
        using var scope = NewDisposeScope();
        var options = new TrainingOptions
        {
            Precision = (Precision)precision, GradientClipping = 0.7, UpdateClipping = 0.45, WeightDecay = decay, EmaDecay = 0.9,
        };
        using Optimizer host = Create(options), device = Create(options, onDevice: true);
        List<StepOutcome?> onHost = [], onDevice = [];

        // Gradients below and above the limits; with float16, the fourth is too large for the format.
        float[] slopes = [0.1f, 3, 0.2f, options.Precision == Precision.Float16 ? 4 : 0.65f, 0.3f, 5, 5, 0.01f];
        foreach (float slope in slopes)
        {
            using Tensor loss = tensor(slope);
            onHost.Add(Descend(host, 0.01, slope, loss));
            onDevice.Add(Descend(device, 0.01, slope, loss));
            Assert.Equal(Values(host), Values(device));
        }

        Assert.Equal(slopes.Length, host.Steps);
        Assert.Equal(slopes, onHost.Select(outcome => (float)outcome!.Value.Loss!.Value));
        Assert.Null(host.TakeLastOutcome());
        if (options.Precision == Precision.Float16)
        {
            Assert.Equal(onHost, onDevice);
        }
        else
        {
            Assert.Equal([null, .. onHost[..^1]], onDevice);
            Assert.Equal(onHost[^1], device.TakeLastOutcome());
        }

        Assert.Null(device.TakeLastOutcome());

        static float[] Values(Optimizer optimizer) =>
        [
            .. optimizer.State.SelectMany(item => item.Values.data<float>().ToArray()),
            .. optimizer.Leaves[0].to_type(ScalarType.Float32).data<float>(),
        ];
    }

    /// <summary>On a CPU a step goes through the weights in parts that stay in its cache; on a device it takes all at once.</summary>
    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void Many_weights_move_part_by_part_with_the_bits_of_all_at_once(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        using Generator generator = SeededNumbers.Begin(1);
        var layout = new WeightLayout();
        layout.Add("matrix", [3, 5], Initialization.Ones, lowPrecision: true);
        layout.Add("bias", [3], Initialization.Ones, lowPrecision: true);
        layout.Add("tall", [9, 4], Initialization.Ones, lowPrecision: true);
        layout.Add("many", [3, 50_001], Initialization.Ones);
        var options = new TrainingOptions
        {
            Optimizer = kind, GradientClipping = 0.7, UpdateClipping = 0.45, WeightDecay = 0.1, EmaDecay = 0.9,
        };
        using Optimizer host = new(WeightSet.Initialize(layout, CPU, 1), options),
            device = new(WeightSet.Initialize(layout, CPU, 1), options, onDevice: true);
        for (int step = 0; step < 3; step++)
        {
            Tensor gradient = SeededNumbers.Normal(host.GatherGradients().shape, CPU, generator);
            foreach (Optimizer optimizer in new[] { host, device })
            {
                optimizer.GatherGradients().copy_(gradient);
                optimizer.Step(0.01);
            }

            Assert.Equal(Values(host), Values(device));
        }

        // All weights began at 1, and all have moved.
        Assert.All(host.Leaves, leaf => Assert.All(leaf.detach().data<float>().ToArray(), value => Assert.NotEqual(1f, value)));

        static float[] Values(Optimizer optimizer) => [.. optimizer.State.SelectMany(item => item.Values.data<float>().ToArray())];
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(1, float.PositiveInfinity)]
    public void A_step_on_a_device_that_was_no_number_is_an_error_when_the_next_is_queued_or_the_outcome_is_taken(float loss, float slope)
    {
        using var scope = NewDisposeScope();
        using Optimizer stepping = Create(new(), onDevice: true), ending = Create(new(), onDevice: true);
        Descend(stepping, 0.01, slope, tensor(loss));
        Descend(ending, 0.01, slope, tensor(loss));
        StepOutcome later = Assert.Throws<NotFiniteGradientException>(() => Descend(stepping, 0.01, 1, tensor(1f))).Outcome,
            last = Assert.Throws<NotFiniteGradientException>(() => ending.TakeLastOutcome()).Outcome;
        Assert.Equal(later, last);
        Assert.Equal((1, float.IsFinite(loss)), (later.Step, later.HasFiniteLoss));
    }

    [Fact]
    public void Checkpoints_from_before_steps_could_be_bounded_mean_no_bound()
    {
        TrainingFingerprint older = Discs.Fingerprint(new()).Before("Training.UpdateClipping"),
            bounded = Discs.Fingerprint(new(), new TrainingOptions { UpdateClipping = 1 });
        Assert.Null(Discs.Fingerprint(new()).DifferencesFrom(older));
        Assert.Equal("Training.UpdateClipping is null there and 1 here", bounded.DifferencesFrom(older));
    }

    [Fact]
    public void Bfloat16_leaves_keep_float32_masters()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create(new TrainingOptions { Precision = Precision.BFloat16, EmaDecay = 0 });
        Assert.Equal(ScalarType.BFloat16, optimizer.Leaves[0].dtype);
        Assert.Equal(ScalarType.Float32, optimizer.Leaves[1].dtype);

        // Steps of 1e-4 are smaller than bfloat16's spacing at 2 (2^-7). Only a float32 master can take ten of them.
        for (int i = 0; i < 10; i++)
        {
            Descend(optimizer, 1e-4);
        }

        Assert.Equal(2 - 1e-3, optimizer.Average.Weights[0].item<float>(), 1e-6);
    }

    private static Optimizer Create(TrainingOptions options, bool? onDevice = null)
    {
        var layout = new WeightLayout();
        layout.Add("w", [1], Initialization.Zeros, lowPrecision: true);
        layout.Add("unused", [3], Initialization.Ones);
        WeightSet weights = WeightSet.Initialize(layout, CPU, 1);
        weights.Weights[0].FillInPlace(2);
        return new(weights, options, onDevice);
    }

    private static StepOutcome? Descend(Optimizer optimizer, double rate, float slope = 3, Tensor? loss = null)
    {
        optimizer.ZeroGradients();
        optimizer.Leaves[0].to_type(ScalarType.Float32).Times(slope * (float)optimizer.LossScale).sum().backward();
        optimizer.GatherGradients();
        return optimizer.Step(rate, loss);
    }

    private static void AssertWeight(double expected, Optimizer optimizer) =>
        Assert.Equal(expected, optimizer.Leaves[0].item<float>(), 1e-5);
}
