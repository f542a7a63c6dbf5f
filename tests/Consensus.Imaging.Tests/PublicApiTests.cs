using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() =>
        PublicSurface.AssertApproved(typeof(Slice).Assembly, "tests/Consensus.Imaging.Tests");
}
