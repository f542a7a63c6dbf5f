using System.Globalization;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Counts the processors that this process may use and that other processes leave free.</summary>
/// <remarks>
/// Each count covers the time since the last count, so that it does not have to wait. The time of other processes is the time of all
/// processes minus the time of this process.
/// </remarks>
internal sealed class FreeProcessors
{
    // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. Time that a virtual machine's host takes away (steal) is not
    // free either.
    private const int Idle = 3, Waiting = 4, Fields = 8;
    private const double TicksPerSecond = 100;

    private readonly HashSet<string>? _allowed = Allowed();
    private Reading? _before;

    /// <summary>Begins to count. <see cref="CountSinceLast"/> is null on systems other than Linux, which do not report the times.</summary>
    public FreeProcessors() => _before = Read();

    /// <summary>
    /// Mean number of processors, from 1 to <see cref="Environment.ProcessorCount"/>, that were free for this process since the last count;
    /// null if unknown.
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

    /// <summary>The free processors between two readings.</summary>
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
    /// <param name="own">Seconds that this process used.</param>
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

    /// <summary>Names of the processors that this process may use; null if unknown.</summary>
    internal static HashSet<string>? Allowed()
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

    /// <summary>The times of /proc/stat at one moment.</summary>
    /// <param name="Busy">Seconds that all processors together were busy.</param>
    /// <param name="Free">Seconds that all processors together were idle.</param>
    /// <param name="Own">Busy seconds of this process.</param>
    /// <param name="Processors">Number of processors.</param>
    internal sealed record Reading(double Busy, double Free, double Own, int Processors);
}
