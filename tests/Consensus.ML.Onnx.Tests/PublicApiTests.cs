using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Onnx.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        PublicSurface.AssertApproved(typeof(ConsensusOnnxCatalog).Assembly, "tests/Consensus.ML.Onnx.Tests");
}
