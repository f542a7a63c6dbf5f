using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>How far a run is, by the limit that ends first: steps or wall time.</summary>
/// <param name="options">The limits.</param>
/// <param name="before">Wall time spent before the run was resumed.</param>
/// <param name="time">The clock; null for the system's.</param>
internal sealed class RunClock(TrainingOptions options, TimeSpan before, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long _start = (time ?? TimeProvider.System).GetTimestamp();

    private TimeSpan? _agreed;

    /// <summary>Wall time of the run so far, including the time before it was resumed.</summary>
    public TimeSpan Elapsed => _agreed ?? before + _time.GetElapsedTime(_start);

    /// <summary>Reads the clock of the first of several processes. Until the next call it stands still: all decide by one time.</summary>
    public void Agree(ICollective processes)
    {
        if (processes.Size > 1)
        {
            byte[] ticks = BitConverter.GetBytes((before + _time.GetElapsedTime(_start)).Ticks);
            processes.Broadcast(ticks, from: 0);
            _agreed = TimeSpan.FromTicks(BitConverter.ToInt64(ticks));
        }
    }

    /// <summary>Share of the run that is done, 0 to 1.</summary>
    public double Fraction(int steps)
    {
        double bySteps = options.Steps is int limit ? (double)steps / limit : 0;
        double byTime = options.TimeLimit is TimeSpan limitOfTime ? Elapsed / limitOfTime : 0;
        return Math.Min(1, Math.Max(bySteps, byTime));
    }

    /// <summary>Whether a limit is reached; the seconds that the last validation needs stay in reserve.</summary>
    public bool IsOver(int steps, double reserve) =>
        steps >= options.Steps || (steps > 0 && Elapsed.TotalSeconds + reserve >= options.TimeLimit?.TotalSeconds);

    /// <summary>The estimated time of the rest at the pace so far; zero before the first step.</summary>
    public TimeSpan Remaining(int steps)
    {
        double fraction = Fraction(steps);
        return fraction > 0 ? Elapsed * ((1 - fraction) / fraction) : TimeSpan.Zero;
    }
}
