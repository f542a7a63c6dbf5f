using System.Diagnostics;

namespace Consensus.ML.Gpu;

/// <summary>A part in a process of its own: what breaks it, or takes too long, ends nothing else.</summary>
internal static class Child
{
    private const int LinesKept = 40;

    /// <summary>How a process ended.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="WasKilled">Whether it was killed.</param>
    /// <param name="Output">The end of what it printed, on both streams.</param>
    public sealed record End(int ExitCode, bool WasKilled, string Output);

    /// <summary>Runs a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">The time after which it is killed.</param>
    /// <param name="kill">Asked several times a second whether to kill it earlier; null for never.</param>
    public static End Run(string program, IReadOnlyList<string> arguments, TimeSpan limit, Func<bool>? kill = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var lines = new Queue<string>();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        var watch = Stopwatch.StartNew();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool killed = false;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(200)))
        {
            if (watch.Elapsed > limit || kill?.Invoke() == true)
            {
                killed = true;
                process.Kill(entireProcessTree: true);
                break;
            }
        }

        process.WaitForExit();
        lock (lines)
        {
            return new(process.ExitCode, killed, string.Join('\n', lines));
        }

        void Keep(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                return;
            }

            lock (lines)
            {
                lines.Enqueue(line);
                if (lines.Count > LinesKept)
                {
                    lines.Dequeue();
                }
            }
        }
    }
}
