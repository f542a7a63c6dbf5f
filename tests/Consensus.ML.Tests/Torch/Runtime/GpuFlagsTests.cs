using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>The flags are there without a GPU as well; only a GPU looks at them.</summary>
public sealed class GpuFlagsTests
{
    [Fact]
    public void Flags_of_the_process_are_set_while_anyone_computes_and_then_as_before()
    {
        NativeTorch.EnsureLoaded();
        CudnnBenchmark? benchmark = CudnnBenchmark.Find();
        Assert.Equal(OperatingSystem.IsLinux(), benchmark is not null);
        foreach (bool before in (bool[])[true, false])
        {
            torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = before;
            benchmark?.Set(before);
            var predicting = new GpuFlags(sameShapes: false);
            Assert.Equal((false, false, benchmark is null ? null : before), Flags());
            var training = new GpuFlags(sameShapes: true);
            Assert.Equal((false, false, benchmark is null ? null : true), Flags());
            predicting.Dispose();
            predicting.Dispose();
            Assert.Equal((false, false, benchmark is null ? null : true), Flags());
            training.Dispose();
            Assert.Equal((before, before, benchmark is null ? null : before), Flags());
        }

        torch.backends.cudnn.allow_tf32 = true;

        (bool Convolutions, bool Products, bool? Benchmark) Flags() =>
            (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, benchmark?.Get());
    }

    [Fact]
    public void On_a_CPU_nobody_touches_them() => Assert.Null(GpuFlags.Use(torch.CPU, sameShapes: true));
}
