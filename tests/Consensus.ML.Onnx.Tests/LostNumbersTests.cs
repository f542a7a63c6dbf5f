using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Onnx.Tests;

/// <summary>Numbers given to torch live until torch has read them (see <see cref="LostNumbers"/>).</summary>
public sealed class LostNumbersTests
{
    [Fact]
    public void No_test_lets_go_of_a_number_before_torch_has_read_it() => LostNumbers.AssertNone(typeof(LostNumbersTests).Assembly);
}
