using System.CommandLine;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Spectre.Console;

namespace Consensus.ML.Cli.Machine;

/// <summary><c>consensus info</c>: versions, and what computes.</summary>
internal static class InfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new Command("info", "Show versions, backend, device and threads, and why the GPU is not used where it is not.")
        {
            json,
        };
        command.SetAction(parsed =>
        {
            RuntimeInfo facts = RuntimeInfo.Collect();
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Text(facts));
            }
            else
            {
                terminal.Console.Write(Table(facts));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Table Table(RuntimeInfo facts)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumn("name").AddColumn("value");
        Row("Consensus.ML", facts.Library);
        Row("ML.NET", facts.MLNet);
        Row("TorchSharp", facts.TorchSharp);
        Row("libtorch", facts.LibTorch);
        Row(".NET", facts.DotNet);
        Row("system", facts.OperatingSystem);
        Row("backend", facts.Backend);
        Row("device", facts.Device);
        if (facts.WhyNoGpu is not null)
        {
            Row("GPU not used", facts.WhyNoGpu);
        }

        Row("threads", facts.Threads.ToString());
        Row("native library", facts.AdaptedNativeLibrary is null
            ? "as shipped"
            : $"adapted to this system's C++ library in memory: {facts.AdaptedNativeLibrary}");
        return table;

        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
    }
}
