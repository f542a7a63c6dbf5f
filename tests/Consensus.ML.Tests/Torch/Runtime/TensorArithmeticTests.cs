using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>Numbers given to torch live until torch has read them (see <see cref="TensorArithmetic"/>).</summary>
public sealed class TensorArithmeticTests
{
    [Fact]
    public void No_code_of_ours_lets_go_of_a_number_before_torch_has_read_it() => LostNumbers.AssertNone(typeof(TensorArithmetic).Assembly);

    // Tests run side by side, and each allocates: they lose numbers more often than a program does.
    [Fact]
    public void Nor_does_a_test() => LostNumbers.AssertNone(typeof(TensorArithmeticTests).Assembly);
}
