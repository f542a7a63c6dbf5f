using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        PublicSurface.AssertApproved(typeof(ConsensusCatalog).Assembly, "tests/Consensus.ML.Api.Tests");
}
