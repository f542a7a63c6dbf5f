using System.CommandLine;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Spectre.Console;

namespace Consensus.ML.Cli.Machine;

/// <summary><c>consensus info</c>: shows versions, the device and the threads.</summary>
internal static class InfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new CommandWithExamples(
            "info",
            "Show versions, backend, device and threads, and why the GPU is not used where it is not.",
            "consensus info")
        {
            json,
        };
        command.SetAction(parsed =>
        {
            RuntimeInfo runtime = RuntimeInfo.Collect();
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Text(runtime));
            }
            else
            {
                terminal.Console.Write(Table(runtime));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Table Table(RuntimeInfo runtime)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumn("name").AddColumn("value");
        Row("Consensus.ML", runtime.Library);
        Row("ML.NET", runtime.MLNet);
        Row("TorchSharp", runtime.TorchSharp);
        Row("libtorch", runtime.LibTorchFolder is null
            ? runtime.LibTorch
            : $"{runtime.LibTorchFolderVersion ?? "of unknown version"} in {runtime.LibTorchFolder} "
                + $"(TorchSharp is built for {runtime.LibTorch})");
        Row(".NET", runtime.DotNet);
        Row("system", runtime.OperatingSystem);
        Row("backend", runtime.Backend);
        Row("device", runtime.Device);
        if (runtime.WhyNoGpu is not null)
        {
            Row("GPU not used", runtime.WhyNoGpu);
        }

        Row("threads", runtime.Threads.ToString());
        Row("native library", runtime.AdaptedNativeLibrary is null
            ? "as shipped"
            : $"adapted to this system's C++ library in memory: {runtime.AdaptedNativeLibrary}");
        return table;

        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
    }
}
