using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using Spectre.Console;

namespace Consensus.ML.Cli.Machine;

/// <summary><c>consensus info</c>: shows versions, the device and the threads, and checks that they compute rightly.</summary>
internal static class InfoCommand
{
    private const double BytesPerGigabyte = 1e9;

    public static Command Create(Terminal terminal)
    {
        var check = new Option<bool>("--check")
        {
            Description = "Also compute a small network of each kind on the CPU and on the device, in each number format, and compare. "
                + "The exit code is 1 if a difference is too large. It takes a few seconds.",
        };
        Option<string?> device = DeviceOption.Create();
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new CommandWithExamples(
            "info",
            "Show versions, backend, device and threads, and why the GPU is not used where it is not.",
            "consensus info",
            "consensus info --check --torch /opt/venv/lib/python3.12/site-packages/torch/lib")
        {
            check, device, json,
        };
        command.SetAction(parsed =>
        {
            RuntimeInfo runtime = RuntimeInfo.Collect(parsed.GetValue(device));
            if (!parsed.GetValue(json))
            {
                terminal.Console.Write(Table(runtime));
            }

            using var interruption = new Interruption();
            TorchReport? report = parsed.GetValue(check) ? TorchRuntime.Check(runtime.Device, interruption.Token) : null;
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(Json(runtime, report));
            }
            else if (report is not null)
            {
                terminal.Console.Write(Table(report));
                terminal.Out.WriteLine(report.IsGood
                    ? "Good: every difference is within its tolerance."
                    : "Not good: do not trust results of a format that differs or fails.");
            }

            foreach (string note in TorchRuntime.Notes)
            {
                terminal.Warn(note);
            }

            return report?.IsGood == false ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    /// <summary>The output with <c>--json</c>; runtime-info.schema.json describes it.</summary>
    private static string Json(RuntimeInfo runtime, TorchReport? report)
    {
        JsonObject facts = JsonNode.Parse(JsonOutput.Text(runtime))!.AsObject();
        if (report is not null)
        {
            facts["check"] = JsonNode.Parse(JsonOutput.Text(CheckDescription.FromReport(report)));
        }

        return JsonOutput.Text(facts);
    }

    private static Table Table(RuntimeInfo runtime) => PropertyTable.Create(Facts(runtime));

    private static IEnumerable<(string Name, string Value)> Facts(RuntimeInfo runtime)
    {
        yield return ("Consensus.ML", runtime.Library);
        yield return ("ML.NET", runtime.MLNet);
        yield return ("TorchSharp", runtime.TorchSharp);
        yield return ("libtorch", runtime.LibTorchFolder is null
            ? runtime.LibTorch
            : $"{runtime.LibTorchFolderVersion ?? "of unknown version"} in {runtime.LibTorchFolder} "
                + $"(TorchSharp is built for {runtime.LibTorch})");
        yield return (".NET", runtime.DotNet);
        yield return ("system", runtime.OperatingSystem);
        yield return ("backend", runtime.Backend);
        if (runtime.CudaDriverVersion is not null || runtime.CudaRuntimeVersion is not null)
        {
            yield return (
                "CUDA", $"{runtime.CudaRuntimeVersion ?? "none"} in libtorch, {runtime.CudaDriverVersion ?? "none"} by the driver");
        }

        foreach (GpuInfo gpu in runtime.Gpus)
        {
            string free = gpu.FreeBytes is long bytes ? $" ({Gigabytes(bytes)} free)" : "";
            yield return (
                string.Create(CultureInfo.InvariantCulture, $"GPU {gpu.Index}"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{gpu.Name}, {Gigabytes(gpu.MemoryBytes)}{free}, compute capability {gpu.ComputeCapability}, "
                    + $"{gpu.Multiprocessors} multiprocessors; {string.Join(", ", gpu.Formats)}"));
        }

        yield return ("device", runtime.Device);
        if (runtime.WhyNoGpu is not null)
        {
            yield return ("GPU not used", runtime.WhyNoGpu);
        }

        yield return ("threads", runtime.Threads.ToString(CultureInfo.InvariantCulture));
        yield return ("native library", runtime.AdaptedNativeLibrary is null
            ? "as shipped"
            : $"adapted to this system's C++ library in memory: {runtime.AdaptedNativeLibrary}");
    }

    private static Table Table(TorchReport report)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("network").AddColumn("device").AddColumn("format");
        foreach (string name in (string[])["output", "gradient", "map", "may differ by", "ms"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("verdict");
        foreach (TorchResult result in report.Results)
        {
            table.AddRow(
                result.Network, result.Device, result.Format, Share(result.OutputDifference), Share(result.GradientDifference),
                Share(result.MapDifference), Share(result.Tolerance),
                result.Milliseconds?.ToString("0", CultureInfo.InvariantCulture) ?? "–",
                Markup.Escape(result.Detail is null ? Verdict(result) : $"{Verdict(result)}: {result.Detail}"));
        }

        return table;

        static string Share(double? value) => value?.ToString("0.0e+0", CultureInfo.InvariantCulture) ?? "–";
    }

    private static string Verdict(TorchResult result) => Spelling.Write(result.Verdict);

    private static string Gigabytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / BytesPerGigabyte:0.0} GB");

    private sealed record CheckDescription(bool IsGood, string LibTorch, string Device, IReadOnlyList<ResultDescription> Results)
    {
        public static CheckDescription FromReport(TorchReport report) => new(
            report.IsGood, report.LibTorch, report.Device, [.. report.Results.Select(one => new ResultDescription(
                one.Network, one.Device, one.Format, one.OutputDifference, one.GradientDifference, one.MapDifference, one.Tolerance,
                one.Milliseconds, Verdict(one), one.Detail))]);
    }

    private sealed record ResultDescription(
        string Network,
        string Device,
        string Format,
        double? OutputDifference,
        double? GradientDifference,
        double? MapDifference,
        double Tolerance,
        double? Milliseconds,
        string Verdict,
        string? Detail);
}
