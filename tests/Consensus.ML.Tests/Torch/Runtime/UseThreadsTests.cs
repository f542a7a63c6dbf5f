using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>The public way to set the number of torch's threads (<see cref="TorchRuntime.UseThreads"/>).</summary>
public sealed class UseThreadsTests
{
    private readonly int _before = torch.get_num_threads();

    [Fact]
    public void The_number_holds_until_the_result_is_disposed()
    {
        using (TorchRuntime.UseThreads(_before + 1))
        {
            Assert.Equal(_before + 1, torch.get_num_threads());
            using (TorchRuntime.UseThreads(_before + 2))
            {
                Assert.Equal(_before + 2, torch.get_num_threads());
            }

            Assert.Equal(_before + 1, torch.get_num_threads());
        }

        Assert.Equal(_before, torch.get_num_threads());
    }

    [Fact]
    public void Null_leaves_the_number_as_it_is()
    {
        using (TorchRuntime.UseThreads(null))
        {
            Assert.Equal(_before, torch.get_num_threads());
        }

        Assert.Equal(_before, torch.get_num_threads());
    }

    [Fact]
    public void A_second_disposal_changes_nothing()
    {
        IDisposable used = TorchRuntime.UseThreads(_before + 1);
        used.Dispose();
        using (TorchRuntime.UseThreads(_before + 2))
        {
            used.Dispose();
            Assert.Equal(_before + 2, torch.get_num_threads());
        }

        Assert.Equal(_before, torch.get_num_threads());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_number_below_1_is_refused_and_changes_nothing(int threads)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(threads), () => TorchRuntime.UseThreads(threads));
        Assert.Equal(_before, torch.get_num_threads());
    }
}
