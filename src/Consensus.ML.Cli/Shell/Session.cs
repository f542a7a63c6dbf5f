using Consensus.ML.Machine;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Cli.Shell;

/// <summary>Makes the <see cref="MLContext"/> of a command and prints its warnings.</summary>
internal static class Session
{
    /// <summary>For commands that compute with torch.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="device">
    /// The value of --device: "cpu", "cuda" or "cuda:N"; null for the first GPU, or the CPU where there is no GPU.
    /// </param>
    /// <param name="seed">Seed of everything random; null for none.</param>
    /// <param name="verbose">Whether to print the whole log.</param>
    public static MLContext Create(Terminal terminal, string? device, int? seed, bool verbose)
    {
        MLContext ml = CreateWithoutDevice(terminal, seed, verbose);
        string taken = RuntimeInfo.Collect(device).Device;
        foreach (string note in TorchRuntime.Notes)
        {
            terminal.Warn(note);
        }

        ml.GpuDeviceId = taken == "cpu" ? null : int.Parse(taken.AsSpan("cuda:".Length));
        ml.FallbackToCpu = false;
        return ml;
    }

    /// <summary>For commands that do not compute with torch, so that they do not wait for it to load.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="seed">Seed of everything random; null for none.</param>
    /// <param name="verbose">Whether to print the whole log.</param>
    public static MLContext CreateWithoutDevice(Terminal terminal, int? seed, bool verbose)
    {
        var ml = new MLContext(seed);

        // Data is read more than once, but each warning is printed once.
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
