using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Consensus.ML.Machine;

/// <summary>The most memory that this process has had in use, torch's memory included (but not a GPU's).</summary>
[Experimental("CONSENSUS001")]
public static class PeakMemory
{
    private const double BytesPerMebibyte = 1 << 20;

    /// <summary>Starts a new measurement. Only Linux can do this: elsewhere the peak stays that of the whole process.</summary>
    public static void Reset()
    {
        try
        {
            // proc(5): 5 resets the peak resident set size.
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>The largest resident memory since the last <see cref="Reset"/>, in MiB.</summary>
    public static double Megabytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / BytesPerMebibyte;
    }
}
