using Consensus.ML.Machine;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Cli.Shell;

/// <summary>An <see cref="MLContext"/> set up as the command line asks, with its warnings printed.</summary>
internal static class Session
{
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="device">What was asked for: "cpu", "cuda", "cuda:N"; null for the first GPU where there is one, else the CPU.</param>
    /// <param name="seed">Seed of everything random; null for none.</param>
    /// <param name="verbose">Whether to print the whole log.</param>
    public static MLContext Create(Terminal terminal, string? device, int? seed, bool verbose)
    {
        MLContext ml = CreateWithoutDevice(terminal, seed, verbose);
        string taken = RuntimeInfo.Collect(device).Device;
        ml.GpuDeviceId = taken == "cpu" ? null : int.Parse(taken.AsSpan("cuda:".Length));
        ml.FallbackToCpu = false;
        return ml;
    }

    /// <summary>For commands that compute nothing with torch, which takes a second to load.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="seed">Seed of everything random; null for none.</param>
    /// <param name="verbose">Whether to print the whole log.</param>
    public static MLContext CreateWithoutDevice(Terminal terminal, int? seed, bool verbose)
    {
        var ml = new MLContext(seed);

        // Data is read more than once; a warning is worth one line.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        ml.Log += (_, line) =>
        {
            lock (seen)
            {
                if (line.Kind == ChannelMessageKind.Warning && seen.Add(line.RawMessage))
                {
                    terminal.Warn(line.RawMessage);
                }
                else if (verbose && line.Kind is ChannelMessageKind.Info or ChannelMessageKind.Trace)
                {
                    terminal.Error.WriteLine(line.Message);
                }
            }
        };
        return ml;
    }
}
