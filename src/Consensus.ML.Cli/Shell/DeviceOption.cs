using System.CommandLine;
using System.Globalization;
using Microsoft.ML;

namespace Consensus.ML.Cli.Shell;

/// <summary><c>--device</c>: where to compute.</summary>
internal static class DeviceOption
{
    /// <summary>What computes: cpu or cuda.</summary>
    /// <param name="ml">The context of the model.</param>
    /// <param name="device">The value of the option; null where it was not given.</param>
    public static string Kind(MLContext ml, string? device) => (device ?? (ml.GpuDeviceId is null ? "cpu" : "cuda")).Split(':')[0];

    public static Option<string?> Create()
    {
        var option = new Option<string?>("--device")
        {
            Description = "Where to compute: cpu, cuda or cuda:N. Default: the first GPU, or the CPU where there is no GPU "
                + "('consensus info' says which and why).",
            HelpName = "cpu|cuda[:N]",
        };
        option.Validators.Add(result =>
        {
            string value = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            bool known = value is "cpu" or "cuda"
                || (value.StartsWith("cuda:", StringComparison.Ordinal)
                    && int.TryParse(value.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));
            if (!known)
            {
                result.AddError($"Device '{value}' is unknown; it must be cpu, cuda or cuda:N with N the number of the GPU, from 0");
            }
        });
        return option;
    }
}
