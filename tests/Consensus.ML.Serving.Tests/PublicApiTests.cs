using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Serving.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        PublicSurface.AssertApproved(typeof(ConsensusServer).Assembly, "tests/Consensus.ML.Serving.Tests");
}
