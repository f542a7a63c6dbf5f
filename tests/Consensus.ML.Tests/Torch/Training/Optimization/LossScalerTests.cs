using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Optimization;

public sealed class LossScalerTests
{
    [Fact]
    public void The_scale_halves_at_every_overflow_and_doubles_after_two_thousand_good_steps_in_a_row()
    {
        var scaler = new LossScaler();
        Assert.Equal(65536, scaler.Scale);
        Assert.False(scaler.Accept(finite: false));
        Assert.False(scaler.Accept(finite: false));
        Assert.Equal((16384, 0, 2), (scaler.Scale, scaler.GoodSteps, scaler.Skipped));
        Good(1999);
        Assert.Equal((16384, 1999), (scaler.Scale, scaler.GoodSteps));

        // One step before the scale would grow, the count starts again.
        Assert.False(scaler.Accept(finite: false));
        Good(2000);
        Assert.Equal((16384, 0, 3), (scaler.Scale, scaler.GoodSteps, scaler.Skipped));
        Good(2000);
        Assert.Equal(32768, scaler.Scale);

        void Good(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                Assert.True(scaler.Accept(finite: true));
            }
        }
    }

    [Fact]
    public void Gradients_that_overflow_unscaled_end_the_run_and_say_what_helps()
    {
        var scaler = new LossScaler();
        for (int i = 0; i < 16; i++)
        {
            scaler.Accept(finite: false);
        }

        Assert.Equal(1, scaler.Scale);
        var exception = Assert.Throws<InvalidOperationException>(() => scaler.Accept(finite: false));
        Assert.Contains("BFloat16", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_overflows_is_left_out_and_the_next_is_the_first_of_AdamW()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create();
        Descend(optimizer, slope: 3, overflow: true);
        Assert.Equal((1, 32768), (optimizer.Steps, optimizer.LossScale));
        Assert.Equal(2, Weight(optimizer));
        Assert.Equal(2, optimizer.Average.Weights[0].item<float>());

        // A gradient g = 1e-8 is as large as AdamW's ε, and float16 can hold it only scaled. The first step is 0.01·g / (g + ε) = 0.005. If
        // it were corrected as a second step, it would be 0.0031.
        Descend(optimizer, slope: 1e-8f, rate: 0.01);
        Assert.Equal(1.995, optimizer.State[0].Values[0].item<float>(), 1e-4);
        Assert.Equal((2, 32768), (optimizer.Steps, optimizer.LossScale));

        // The average is also at its first step: decay min(0.9, 2/11).
        Assert.Equal((2 * 2 / 11.0) + (1.995 * 9 / 11), optimizer.Average.Weights[0].item<float>(), 1e-4);
    }

    [Fact]
    public void Clipping_sees_the_gradient_without_its_scale()
    {
        using var scope = NewDisposeScope();
        using Optimizer optimizer = Create(new TrainingOptions { Precision = Precision.Float16, GradientClipping = 0.5 });
        Descend(optimizer, slope: 0.75f);

        // First moment: 0.1 of the clipped gradient.
        Assert.Equal(0.05, optimizer.State[2].Values[0].item<float>(), 1e-4);
    }

    [Fact]
    public void A_checkpoint_holds_the_state_of_the_scaling()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using Optimizer optimizer = Create(), resumed = Create();
        using TrainingState state = new(), there = new();
        Descend(optimizer, overflow: true);
        Descend(optimizer, overflow: true);
        Descend(optimizer);
        var fingerprint = new TrainingFingerprint(new Dictionary<string, string>(), []);
        state.AddLoss(1);
        using (var held = FolderLock.Take(folder.Root))
        using (var content = CheckpointContent.Take(fingerprint, [optimizer], state, copy: false))
        {
            content.Write(folder["step.safetensors"], held);
        }

        TrainingCheckpoint.Read(folder["step.safetensors"]).Restore(folder["step.safetensors"], [resumed], there);
        Assert.Equal((3, 16384), (resumed.Steps, resumed.LossScale));

        // The next step equals that of the run without interruption, to the bit.
        Descend(optimizer, slope: 0.5f);
        Descend(resumed, slope: 0.5f);
        foreach ((Tensor expected, Tensor actual) in optimizer.State.Zip(resumed.State, (a, b) => (a.Values, b.Values)))
        {
            Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
        }
    }

    private static Optimizer Create(TrainingOptions? options = null)
    {
        var layout = new WeightLayout();
        layout.Add("w", [1], Initialization.Zeros, lowPrecision: true);
        layout.Add("unused", [3], Initialization.Ones);
        WeightSet weights = WeightSet.Initialize(layout, CPU, 1);
        weights.Weights[0].FillInPlace(2);
        var optimizer = new Optimizer(weights, options ?? new TrainingOptions { Precision = Precision.Float16, EmaDecay = 0.9 });
        Assert.Equal(ScalarType.Float16, optimizer.Leaves[0].dtype);
        return optimizer;
    }

    /// <summary>Loss = slope · w, scaled. To make it overflow, the slope is larger than float16 can hold.</summary>
    private static void Descend(Optimizer optimizer, float slope = 0.5f, double rate = 1e-3, bool overflow = false)
    {
        optimizer.ZeroGradients();
        double scale = optimizer.LossScale * (overflow ? 65536 : 1);
        optimizer.Leaves[0].to_type(ScalarType.Float32).Times(slope).Times(scale).sum().backward();
        optimizer.GatherGradients();
        optimizer.Step(rate);
    }

    private static float Weight(Optimizer optimizer) => optimizer.Leaves[0].to_type(ScalarType.Float32).item<float>();
}
