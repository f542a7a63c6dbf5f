using Consensus.ML.Torch.Runtime;
using Reading = Consensus.ML.Torch.Runtime.FreeProcessors.Reading;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>What others leave free is computed from what all took and what this process took. The numbers are counted by hand.</summary>
public sealed class FreeProcessorsTests
{
    private const string Stat = """
        cpu  300 20 100 1000 80 5 5 90 7 7
        cpu0 100 10 50 600 40 0 0 0 0 0
        cpu1 200 10 50 400 40 5 5 90 7 7
        intr 12345 0 0
        ctxt 678
        """;

    // cpu0: 100 + 10 + 50 ticks busy, 600 + 40 not busy. cpu1: 200 + 10 + 50 + 5 + 5 + 90 busy, 400 + 40 not busy. When the host takes the
    // processor away, that time is not free either. 100 ticks are a second.
    [Theory]
    [InlineData(null, 5.2, 10.8, 2)]
    [InlineData("0", 1.6, 6.4, 1)]
    [InlineData("1", 3.6, 4.4, 1)]
    [InlineData("0-1", 5.2, 10.8, 2)]
    public void The_times_of_the_processors_that_may_be_used_are_added_up(string? list, double busy, double free, int processors)
    {
        Reading reading = FreeProcessors.Parse(Stat.Split('\n'), list is null ? null : FreeProcessors.Names(list), own: 1.5)!;
        Assert.Equal(
            (busy, free, 1.5, processors), (Math.Round(reading.Busy, 9), Math.Round(reading.Free, 9), reading.Own, reading.Processors));
    }

    [Fact]
    public void A_list_of_processors_is_read() =>
        Assert.Equal(
            ["cpu0", "cpu1", "cpu2", "cpu3", "cpu8", "cpu10", "cpu11"],
            FreeProcessors.Names(" 0-3,8,10-11\n").Order(StringComparer.Ordinal).OrderBy(name => int.Parse(name[3..])));

    // Ten seconds of each processor.
    [Theory]
    [InlineData(2, 2, 0, 0, 2)]
    [InlineData(2, 2, 20, 20, 2)]
    [InlineData(2, 2, 20, 10, 1)]
    [InlineData(2, 2, 20, 13, 1)]
    [InlineData(2, 2, 20, 5, 1)]
    [InlineData(2, 2, 14, 10, 2)]
    [InlineData(8, 8, 80, 40, 4)]
    [InlineData(8, 2, 40, 20, 2)]
    [InlineData(8, 2, 75, 5, 1)]
    public void What_others_took_is_not_free(int processors, int allowed, double busy, double own, int free) =>
        Assert.Equal(free, FreeProcessors.Free(
            new(100, 1000, 30, processors), new(100 + busy, 1000 + (10 * processors) - busy, 30 + own, processors), allowed));

    [Fact]
    public void Nothing_is_said_where_no_time_has_passed() => Assert.Null(FreeProcessors.Free(new(1, 2, 3, 2), new(1, 2, 3, 2), 2));

    [Fact]
    public void This_machine_has_from_one_to_all_of_its_processors_free()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems do not tell.");
        var free = new FreeProcessors();
        int? found = null;

        // The system counts hundredths of a second, so the first looks may see no time pass.
        Assert.True(SpinWait.SpinUntil(() => (found = free.CountSinceLast()) is not null, TimeSpan.FromMinutes(2)));
        Assert.InRange(found!.Value, 1, Environment.ProcessorCount);
    }
}
