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
}
