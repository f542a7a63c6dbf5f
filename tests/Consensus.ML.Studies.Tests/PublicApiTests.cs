using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        PublicSurface.AssertApproved(typeof(Study).Assembly, "tests/Consensus.ML.Studies.Tests");
}
