using System.Diagnostics;

namespace Consensus.ML.Torch.Runtime;

/// <summary>The largest resident memory of this process.</summary>
internal static class PeakMemory
{
    private const double BytesPerMebibyte = 1 << 20;

    /// <summary>Begins anew, where the system can (Linux); elsewhere the peak stays that of the whole process.</summary>
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

    /// <summary>The peak in MiB.</summary>
    public static double Megabytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / BytesPerMebibyte;
    }
}
