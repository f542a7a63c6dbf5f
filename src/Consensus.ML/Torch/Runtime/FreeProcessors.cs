using System.Globalization;

namespace Consensus.ML.Torch.Runtime;

/// <summary>How many of the processors that this process may use others leave free.</summary>
/// <remarks>
/// What is counted is the time from one look to the next, so that looking takes no time: what others took is what all processes took
/// less what this one did.
/// </remarks>
internal sealed class FreeProcessors
{
    // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. What a virtual machine's host takes away (steal) is no more
    // free than what others take.
    private const int Idle = 3, Waiting = 4, Fields = 8;
    private const double TicksPerSecond = 100;

    private readonly HashSet<string>? _allowed = Allowed();
    private Reading? _before;

    /// <summary>Begins to count; null in <see cref="CountSinceLast"/> where the system does not tell (other than Linux).</summary>
    public FreeProcessors() => _before = Read();

    /// <summary>
    /// Processors, from 1 to <see cref="Environment.ProcessorCount"/>, that were free for this process on the mean since the last look;
    /// null where that is not known.
    /// </summary>
    public int? CountSinceLast()
    {
        if (_before is not { } before || Read() is not { } now)
        {
            return null;
        }

        _before = now;
        return Free(before, now, Environment.ProcessorCount);
    }

    /// <summary>What two readings say.</summary>
    internal static int? Free(Reading before, Reading now, int processors)
    {
        double seconds = (now.Busy + now.Free - before.Busy - before.Free) / now.Processors;
        if (seconds <= 0)
        {
            return null;
        }

        double others = Math.Max(0, (now.Busy - before.Busy - (now.Own - before.Own)) / seconds);
        return Math.Clamp(now.Processors - (int)Math.Round(others), 1, processors);
    }

    /// <summary>The times, in seconds, of the processors in /proc/stat.</summary>
    /// <param name="lines">The file.</param>
    /// <param name="allowed">Names of the processors to count, as in cpu0; null for all.</param>
    /// <param name="own">What this process took, in seconds.</param>
    internal static Reading? Parse(IEnumerable<string> lines, IReadOnlySet<string>? allowed, double own)
    {
        double busy = 0, free = 0;
        int processors = 0;
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length <= Fields
                || parts[0].Length <= 3
                || !parts[0].StartsWith("cpu", StringComparison.Ordinal)
                || allowed?.Contains(parts[0]) == false)
            {
                continue;
            }

            double[] times =
            [
                .. parts.Skip(1).Take(Fields).Select(part => double.Parse(part, CultureInfo.InvariantCulture) / TicksPerSecond),
            ];
            free += times[Idle] + times[Waiting];
            busy += times.Sum() - times[Idle] - times[Waiting];
            processors++;
        }

        return processors == 0 ? null : new(busy, free, own, processors);
    }

    /// <summary>Names of the processors in a list such as 0-3,8.</summary>
    internal static HashSet<string> Names(string list)
    {
        HashSet<string> names = [];
        foreach (string range in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int[] ends = [.. range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
            names.UnionWith(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1)
                .Select(number => string.Create(CultureInfo.InvariantCulture, $"cpu{number}")));
        }

        return names;
    }

    private Reading? Read()
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? Parse(File.ReadLines("/proc/stat"), _allowed, Environment.CpuUsage.TotalTime.TotalSeconds)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static HashSet<string>? Allowed()
    {
        const string field = "Cpus_allowed_list:";
        try
        {
            return OperatingSystem.IsLinux()
                && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } found
                ? Names(found[field.Length..])
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>What /proc/stat said at one time.</summary>
    /// <param name="Busy">Seconds that the processors, taken together, were busy.</param>
    /// <param name="Free">Seconds that they were not.</param>
    /// <param name="Own">Seconds of those that this process took.</param>
    /// <param name="Processors">How many they are.</param>
    internal sealed record Reading(double Busy, double Free, double Own, int Processors);
}
