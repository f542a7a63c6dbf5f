using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
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

    [Fact]
    public void Checkpoints_from_before_steps_could_be_bounded_mean_no_bound()
    {
        TrainingFingerprint free = Discs.Fingerprint(new()), bounded = Discs.Fingerprint(new(), new TrainingOptions { UpdateClipping = 1 });
        Assert.DoesNotContain("Training.UpdateClipping", free.Settings.Keys);
        Assert.Contains("Training.UpdateClipping", bounded.DifferencesFrom(free), StringComparison.Ordinal);
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

    private static Optimizer Create(TrainingOptions options)
    {
        var layout = new WeightLayout();
        layout.Add("w", [1], Initialization.Zeros, lowPrecision: true);
        layout.Add("unused", [3], Initialization.Ones);
        WeightSet weights = WeightSet.Initialize(layout, CPU, 1);
        weights.Weights[0].fill_(2);
        return new(weights, options);
    }

    private static void Descend(Optimizer optimizer, double rate, float slope = 3)
    {
        optimizer.ZeroGradients();
        (optimizer.Leaves[0].to_type(ScalarType.Float32) * slope).sum().backward();
        optimizer.GatherGradients();
        optimizer.Step(rate);
    }

    private static void AssertWeight(double expected, Optimizer optimizer) =>
        Assert.Equal(expected, optimizer.Leaves[0].item<float>(), 1e-5);
}
