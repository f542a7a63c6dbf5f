using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Consensus.Imaging.Storage;

/// <summary>This process as the owner of a folder, and whether the process of another owner runs.</summary>
internal static class ProcessOfOwner
{
    // The machine is known by more than its name. Containers of one image may share a name, each with its own numbers of processes.
    private static readonly Lazy<string> Machine = new(NameMachine), Start = new(() => StartOf(Environment.ProcessId) ?? "");

    /// <summary>A record of this process.</summary>
    public static FolderOwner This(DateTimeOffset now)
    {
        (string? job, int restarts) = BatchJob.FromEnvironment(Environment.GetEnvironmentVariable);
        return new(
            FolderOwner.CurrentFormatVersion, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Environment.MachineName,
            Machine.Value, Environment.ProcessId, Start.Value, job, restarts, now);
    }

    /// <summary>Whether the process of an owner runs; null for a process of another machine.</summary>
    public static bool? IsRunning(FolderOwner owner)
    {
        if (owner.Host != Environment.MachineName || owner.Machine != Machine.Value)
        {
            return null;
        }

        try
        {
            return StartOf(owner.Process) == owner.ProcessStart;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Win32Exception)
        {
            // There is a process of this number, which this user may not look at.
            return true;
        }
    }

    /// <summary>When a process of this machine started; null if there is none, or it has ended and waits for its parent.</summary>
    private static string? StartOf(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            if (!OperatingSystem.IsLinux())
            {
                return found.StartTime.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
            }

            // proc(5): after the name in brackets come the state and, 19 fields later, the start in ticks since the start of the system.
            string stat = Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields is ["Z" or "X", ..] ? null : fields[19];
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string NameMachine()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.MachineName;
        }

        try
        {
            // A start of the system, and a namespace of processes.
            FileSystemInfo? processes = File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false);
            return $"{Text("/proc/sys/kernel/random/boot_id")} {processes?.Name}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No other process is taken for one of this machine, so that each is watched.
            return Guid.NewGuid().ToString();
        }
    }

    private static string Text(string path) => File.ReadAllText(path).Trim();
}
