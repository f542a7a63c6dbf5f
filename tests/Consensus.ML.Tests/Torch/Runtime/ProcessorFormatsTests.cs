using System.Runtime.InteropServices;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Runtime;

public sealed class ProcessorFormatsTests
{
    [Theory]
    [InlineData(Precision.BFloat16, DeviceType.CPU, true, Precision.Float32)]
    [InlineData(Precision.BFloat16, DeviceType.CPU, false, Precision.BFloat16)]
    [InlineData(Precision.BFloat16, DeviceType.CUDA, true, Precision.BFloat16)]
    [InlineData(Precision.Float16, DeviceType.CUDA, true, Precision.Float16)]
    [InlineData(Precision.Float32, DeviceType.CPU, true, Precision.Float32)]
    public void Only_bfloat16_on_a_processor_that_is_slow_in_it_becomes_float32(
        Precision asked,
        DeviceType device,
        bool slow,
        Precision expected) =>
        Assert.Equal(expected, ProcessorFormats.Effective(asked, device, slow));

    /// <summary>The processor is asked the same question as by the kernel, which lists what it can do by name.</summary>
    [Fact]
    public void On_x64_bfloat16_is_slow_where_the_kernel_lists_no_arithmetic_for_it()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "This needs Linux on x64.");
        string[] features = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');

        Assert.Equal(!features.Contains("avx512_bf16"), ProcessorFormats.BFloat16IsSlow);
    }
}
