using System.CommandLine;
using System.Globalization;

namespace Consensus.ML.Cli.Shell;

/// <summary><c>--device</c>: where to compute.</summary>
internal static class DeviceOption
{
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
