using Consensus.ML.Options;
using Consensus.ML.Torch.Training.Loop;

namespace Consensus.ML.Tests.Torch.Training.Loop;

public sealed class RunClockTests
{
    private static readonly TrainingOptions TenHours = new() { Steps = null, TimeLimit = TimeSpan.FromHours(10) };

    private readonly HandClock _time = new();

    [Fact]
    public void Time_before_the_run_was_resumed_counts_against_the_limit()
    {
        var clock = new RunClock(TenHours, TimeSpan.FromHours(5), _time);
        Assert.Equal((0.5, TimeSpan.FromHours(5)), (clock.Fraction(1), clock.Remaining(1)));
        _time.Advance(TimeSpan.FromHours(3));
        Assert.Equal((0.8, TimeSpan.FromHours(8), TimeSpan.FromHours(2)), (clock.Fraction(1), clock.Elapsed, clock.Remaining(1)));
    }

    [Fact]
    public void A_run_ends_early_enough_for_its_last_validation_but_not_before_its_first_step()
    {
        var clock = new RunClock(TenHours, TimeSpan.Zero, _time);
        _time.Advance(TimeSpan.FromHours(9));
        Assert.False(clock.IsOver(1, reserve: 3599));
        Assert.True(clock.IsOver(1, reserve: 3600));
        Assert.False(clock.IsOver(0, reserve: 3600));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal((true, 1, TimeSpan.Zero), (clock.IsOver(1, reserve: 0), clock.Fraction(1), clock.Remaining(1)));
    }

    [Fact]
    public void Of_steps_and_time_the_one_that_is_further_counts()
    {
        var clock = new RunClock(TenHours with { Steps = 100 }, TimeSpan.Zero, _time);
        Assert.Equal((0.4, TimeSpan.Zero), (clock.Fraction(40), clock.Remaining(0)));
        _time.Advance(TimeSpan.FromHours(6));
        Assert.Equal((0.6, 0.7), (clock.Fraction(40), clock.Fraction(70)));
        Assert.True(clock.IsOver(100, reserve: 0));
    }

    /// <summary>A clock that stands still until a test moves it.</summary>
    private sealed class HandClock : TimeProvider
    {
        private TimeSpan _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public void Advance(TimeSpan time) => _now += time;
    }
}
