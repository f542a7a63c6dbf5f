using Consensus.ML.Torch.Collectives;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Collectives;

/// <summary>Who joins a group of GPUs, and when. No library of NVIDIA is called.</summary>
public sealed class NcclSumTests
{
    [Fact]
    public void A_process_that_cannot_choose_its_gpu_lets_no_other_wait_in_a_group()
    {
        FakeNccl[] libraries = [new(), new() { Fails = true }, new()];
        (bool Joined, string Line)[] begun = Begin(libraries);
        Assert.All(begun, one => Assert.False(one.Joined));
        Assert.All(begun, one => Assert.Contains(": 1 of 3 processes find no libnccl.so.2, or cannot", one.Line, StringComparison.Ordinal));
        Assert.Contains("(cuDeviceGet failed with code 101)", begun[1].Line, StringComparison.Ordinal);
        Assert.All(libraries, library => Assert.Equal((0, 0), (library.Joins, (int)library.Current)));
    }

    [Fact]
    public void Where_all_can_all_join_and_their_threads_keep_the_gpu_that_they_had()
    {
        FakeNccl[] libraries = [new(), new()];
        Assert.All(Begin(libraries), one => Assert.True(one.Joined));
        Assert.All(libraries, library => Assert.Equal((1, 0), (library.Joins, (int)library.Current)));

        Assert.All(Begin([new(), null]), one => Assert.False(one.Joined));
    }

    private static (bool Joined, string Line)[] Begin(FakeNccl?[] libraries) =>
        ThreadCollective.Succeed(libraries.Length, processes =>
        {
            (NcclSum? sum, string line) = NcclSum.TryBegin(processes, CPU, libraries[processes.Rank]);
            sum?.Dispose();
            return (sum is not null, line);
        });

    /// <summary>Notes what it is asked for. A thread has no GPU, 0, before it enters a context.</summary>
    private sealed class FakeNccl : INccl
    {
        public bool Fails { get; init; }

        public int Joins { get; private set; }

        public nint Current { get; private set; }

        public void CreateId(Span<byte> id) => id.Fill(7);

        public nint Join(ReadOnlySpan<byte> id, int size, int rank)
        {
            Assert.Equal((nint)1, Current);
            Joins++;
            return 5;
        }

        public void Sum(nint address, long count, nint group) => Assert.Fail("Nothing is summed.");

        public void Leave(nint group) => Assert.Equal((nint)5, group);

        public nint Context(int gpu) => Fails ? throw new InvalidOperationException("cuDeviceGet failed with code 101") : 1;

        public nint Enter(nint context)
        {
            nint before = Current;
            Current = context;
            return before;
        }
    }
}
