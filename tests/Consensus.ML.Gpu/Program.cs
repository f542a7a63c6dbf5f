using System.Globalization;
using System.Text.Json.Nodes;
using Consensus.ML.Cli;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Gpu;

/// <summary>The kit (README.md), its parts, and the whole consensus command.</summary>
internal static class Program
{
    private const string Usage = """
        consensus-gpu run --out FILE [--seconds N] [--device cpu|cuda[:N]] [--data DIR] [--ref DIR] [--python PROGRAM] [--work DIR] [--toy]
            Every part, one after another; FILE has the results so far at any time.
        consensus-gpu consensus …
            The consensus command.
        """;

    /// <summary>This program.</summary>
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "Consensus.ML.Gpu");

    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["run", .. string[] rest] when KitOptions.Read(rest) is { } options:
                return new Kit(options).Run() ? 0 : 1;
            case ["consensus", .. string[] words]:
                return CommandLine.Run(words, Terminal.OfThisProcess());
            case ["info", string device, string output]:
                return Info(device, output);
            case ["parity", string device, string output]:
                TorchRuntime.Load();
                return Parity.Measure(device, output) ? 0 : 1;
            case ["bench", string network, string device, string seconds, string output]:
                TorchRuntime.Load();
                return Bench.Measure(network, device, Seconds(seconds), output) ? 0 : 1;
            case ["train", string preset, string device, string seconds, string data, string work, string output]:
                Training.Run(preset, device, Seconds(seconds), data, work, output);
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    /// <summary><c>consensus info --check --json</c>, into a file.</summary>
    private static int Info(string device, string output)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        int code = CommandLine.Run(
            ["info", "--check", "--json", "--device", device], new Terminal(text, Console.Error, IsInteractive: false));
        if (text.ToString() is { Length: > 0 } json)
        {
            ResultFile.Write(output, JsonNode.Parse(json)!);
        }

        return code;
    }

    /// <summary>A number of seconds of the command line.</summary>
    internal static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
}
