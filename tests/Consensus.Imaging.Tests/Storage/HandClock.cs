namespace Consensus.Imaging.Tests.Storage;

/// <summary>A clock that stands still until a test moves it, and timers that go off then.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly List<HandTimer> _timers = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000) + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandTimer(this, () => callback(state), _now + dueTime);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Lets time pass, a second at a time.</summary>
    public void Advance(int seconds)
    {
        for (int second = 0; second < seconds; second++)
        {
            _now += TimeSpan.FromSeconds(1);
            foreach (HandTimer timer in _timers.ToArray())
            {
                timer.GoOffWhenDue(_now);
            }
        }
    }

    /// <summary>Stops the timers that there are.</summary>
    public void StopTimers() => _timers.Clear();

    private sealed class HandTimer(HandClock clock, Action act, TimeSpan? due) : ITimer
    {
        private TimeSpan? _due = due;

        public void GoOffWhenDue(TimeSpan now)
        {
            if (_due <= now)
            {
                _due = null;
                act();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = clock._now + dueTime;
            return true;
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
