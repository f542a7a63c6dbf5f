using Consensus.ML.Networks;
using Consensus.ML.Training;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Training;

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

        // AdamW's first step is blind to the gradient's size; its second sees the change from a clipped 3 to an unclipped 0.25.
        foreach (Optimizer optimizer in new[] { free, clipped })
        {
            Descend(optimizer, 0.01);
            Descend(optimizer, 0.01, slope: 0.25f);
        }

        double Second(double first) => 0.01 * ((0.1 * 0.9 * first + 0.1 * 0.25) / 0.19) / Math.Sqrt((0.001 * 0.999 * first * first + 0.001 * 0.0625) / (1 - 0.999 * 0.999));
        AssertWeight(1.99 - Second(3), free);
        AssertWeight(1.99 - Second(0.5), clipped);
    }

    [Fact]
    public void Bfloat16_leaves_keep_float32_masters()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create(new TrainingOptions { Precision = Precision.BFloat16, EmaDecay = 0 });
        Assert.Equal(ScalarType.BFloat16, optimizer.Leaves[0].dtype);
        Assert.Equal(ScalarType.Float32, optimizer.Leaves[1].dtype);

        // Steps of 1e-4 are below bfloat16's spacing at 2 (2^-7): only a float32 master can take ten of them.
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
        optimizer.Step(rate);
    }

    private static void AssertWeight(double expected, Optimizer optimizer) => Assert.Equal(expected, optimizer.Leaves[0].item<float>(), 1e-5);
}
