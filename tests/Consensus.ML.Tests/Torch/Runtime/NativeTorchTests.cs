using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Runtime;

public sealed class NativeTorchTests
{
    [Fact]
    public void Torch_loads_and_computes()
    {
        NativeTorch.EnsureLoaded();
        using torch.Tensor sum = torch.ones(3, 4).sum();
        Assert.Equal(12f, sum.item<float>());
    }
}
