using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Training;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Spectre.Console;

namespace Consensus.ML.Cli.Machine;

/// <summary><c>consensus bench</c>: measures how fast this machine is, and estimates the time for a training and for a map.</summary>
internal static class BenchCommand
{
    private const double MillisecondsPerMinute = 60_000, MillisecondsPerSecond = 1000;

    public static Command Create(Terminal terminal)
    {
        Option<int?> size = OptionKinds.Whole("--size", "S", "Side, in pixels, of the slices. Default 64.", 1, 4096);
        Option<int?> channels = OptionKinds.Whole(
            "--channels", "L", "Base channels of the U-Net, a multiple of 32. Default 32.", 32, 4096);
        Option<int[]?> multipliers = Multipliers();
        Option<int?> residualBlocks = OptionKinds.Whole(
            "--residual-blocks", "R", "Residual blocks of each level of the U-Net. Default 2.", 1, 64);
        Option<int?> encoderBlocks = OptionKinds.Whole("--rrdb-blocks", "N", "RRDB blocks of the image encoder. Default 2.", 1, 256);
        Option<int?> width = OptionKinds.Whole(
            "--encoder-width", "F", "Features inside the image encoder. Default 64, as published.", 1, 4096);
        Option<int?> growth = OptionKinds.Whole(
            "--encoder-growth", "G", "Features that each convolution of a dense block adds. Default 32, as published.", 1, 4096);
        Option<int?> levels = OptionKinds.Whole(
            "--levels", "C", "Levels of consensus: the number of maps in a sampling step. Default 7.", 1, 255);
        Option<LevelConditioning?> levelConditioning = NetworkArguments.LevelConditioning("embedding");
        Option<int?> patchSize = NetworkArguments.PatchSize("1");
        Option<int?> batch = RecipeArguments.Batch("4");
        Option<string?> device = DeviceOption.Create();
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new Command(
            "bench",
            "Measure how fast this machine is: encoding, sampling and training, in both number formats, beside "
            + "the speed of convolutions alone.")
        {
            size, channels, multipliers, residualBlocks, encoderBlocks, width, growth, levels, levelConditioning, patchSize, batch, device,
            json,
        };
        command.SetAction(parsed =>
        {
            var defaults = new NetworkOptions();
            var benchmark = new MachineBenchmark
            {
                Size = parsed.GetValue(size) ?? 64,
                Levels = parsed.GetValue(levels) ?? 7,
                BatchSize = parsed.GetValue(batch) ?? 4,
                Network = defaults with
                {
                    ModelChannels = parsed.GetValue(channels) ?? defaults.ModelChannels,
                    ChannelMultipliers = parsed.GetValue(multipliers) is { Length: > 0 } given ? given : defaults.ChannelMultipliers,
                    ResidualBlocks = parsed.GetValue(residualBlocks) ?? defaults.ResidualBlocks,
                    EncoderBlocks = parsed.GetValue(encoderBlocks) ?? defaults.EncoderBlocks,
                    EncoderWidth = parsed.GetValue(width) ?? defaults.EncoderWidth,
                    EncoderGrowth = parsed.GetValue(growth) ?? defaults.EncoderGrowth,
                    LevelConditioning = parsed.GetValue(levelConditioning) ?? defaults.LevelConditioning,
                    PatchSize = parsed.GetValue(patchSize) ?? defaults.PatchSize,
                },
            };
            if (benchmark.Network.ModelChannels % 32 != 0)
            {
                throw new UsageException(
                    $"--channels {benchmark.Network.ModelChannels} does not fit group normalisation over 32 groups: "
                    + "it must be a multiple of 32.");
            }

            NetworkArguments.EnsureSideFits(benchmark.Size, benchmark.Network);
            benchmark = benchmark with { Device = RuntimeInfo.Collect(parsed.GetValue(device)).Device };
            using var interruption = new Interruption();

            // Torch keeps the memory of a GPU that float32 took, so that bfloat16 would seem to take none.
            var report = new Report(
                benchmark, benchmark.Measure(Precision.Float32, interruption.Token),
                benchmark.Measure(Precision.BFloat16, interruption.Token) with { PeakDeviceMemoryMb = null });
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Text(report));
            }
            else
            {
                terminal.Console.Write(Table(report));
                terminal.Out.WriteLine(report.Estimate.Text);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Option<int[]?> Multipliers() => new("--multipliers")
    {
        Description = "Channels of each level of the U-Net as multiples of L. Default 1,2,3,4.",
        HelpName = "1,2,3,4",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            string[] parts = given.Split(',');
            int[] values =
            [
                .. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0),
            ];
            if (values.All(value => value is >= 1 and <= 64) && values.Length <= 12)
            {
                return values;
            }

            result.AddError(
                $"'{given}' is not a value of --multipliers; it must be 1 to 12 whole numbers from 1 to 64 with "
                + "commas between them, such as 1,2,3,4");
            return null;
        },
    };

    private static Table Table(Report report)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("").AddColumn(new TableColumn("float32").RightAligned()).AddColumn(new TableColumn("bfloat16").RightAligned());
        Row("encoding an image", "ms", measured => measured.EncoderMs);
        Row($"sampling step, {report.Settings.Levels} levels", "ms", measured => measured.SamplingStepMs);
        Row($"training step, batch {report.Settings.Batch}", "ms", measured => measured.TrainingStepMs);
        Row("U-Net pass", "GFLOP/s", measured => measured.UnetGflops);
        Row("convolutions alone", "GFLOP/s", measured => measured.ConvolutionGflops);
        Row("peak memory", "MB", measured => measured.PeakMemoryMb);
        if (report.Float32.PeakDeviceMemoryMb is not null)
        {
            Row("GPU memory", "MB", measured => measured.PeakDeviceMemoryMb ?? double.NaN);
        }

        return table;

        void Row(string name, string unit, Func<MachineMeasurement, double> value) =>
            table.AddRow(Markup.Escape($"{name}, {unit}"), Number(value(report.Float32)), Number(value(report.BFloat16)));

        static string Number(double value) =>
            double.IsNaN(value) ? "" : value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
    }

    /// <summary>The output with <c>--json</c>.</summary>
    private sealed class Report(MachineBenchmark benchmark, MachineMeasurement float32, MachineMeasurement bfloat16)
    {
        public SettingDescription Settings { get; } = new(
            benchmark.Size, benchmark.Network.ModelChannels, benchmark.Network.ChannelMultipliers, benchmark.Network.ResidualBlocks,
            benchmark.Network.EncoderBlocks, benchmark.Network.EncoderWidth, benchmark.Network.EncoderGrowth, benchmark.Levels,
            Spelling.Write(benchmark.Network.LevelConditioning), benchmark.Network.PatchSize, benchmark.BatchSize);

        public MachineDescription Machine { get; } = MachineDescription.FromRuntime(RuntimeInfo.Collect(benchmark.Device));

        public MachineMeasurement Float32 { get; } = float32;

        [JsonPropertyName("bfloat16")]
        public MachineMeasurement BFloat16 { get; } = bfloat16;

        public EstimateDescription Estimate { get; } = EstimateDescription.FromMeasurements(float32, bfloat16);
    }

    private sealed record SettingDescription(
        int Size,
        int Channels,
        IReadOnlyList<int> Multipliers,
        int ResidualBlocks,
        int RrdbBlocks,
        int EncoderWidth,
        int EncoderGrowth,
        int Levels,
        string LevelConditioning,
        int? PatchSize,
        int Batch);

    private sealed record MachineDescription(string Device, int Threads, string OperatingSystem, string TorchSharp, string DotNet)
    {
        public static MachineDescription FromRuntime(RuntimeInfo measured) =>
            new(measured.Device, measured.Threads, measured.OperatingSystem, measured.TorchSharp, measured.DotNet);
    }

    /// <summary>
    /// Estimates times in the faster of the two formats: for a training with the steps of the preset, and for a map that is sampled as in
    /// the preset and as in the paper.
    /// </summary>
    private sealed record EstimateDescription(
        string Precision,
        int TrainingSteps,
        double TrainingMinutes,
        double MapSeconds,
        double PaperMapSeconds,
        [property: JsonIgnore] string Text)
    {
        public static EstimateDescription FromMeasurements(MachineMeasurement float32, MachineMeasurement bfloat16)
        {
            (MachineMeasurement training, Precision precision) = bfloat16.TrainingStepMs < float32.TrainingStepMs
                ? (bfloat16, Consensus.ML.Options.Precision.BFloat16)
                : (float32, Consensus.ML.Options.Precision.Float32);
            (MachineMeasurement sampling, Precision samplingPrecision) = bfloat16.SamplingStepMs < float32.SamplingStepMs
                ? (bfloat16, Consensus.ML.Options.Precision.BFloat16)
                : (float32, Consensus.ML.Options.Precision.Float32);
            ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact(),
                paper = ConsensusSegmentationEstimator.Options.Paper();
            int steps = compact.Training.Steps!.Value;
            double minutes = steps * training.TrainingStepMs / MillisecondsPerMinute, map = Seconds(compact), paperMap = Seconds(paper);
            return new(Spelling.Write(precision), steps, minutes, map, paperMap, string.Create(
                CultureInfo.InvariantCulture,
                $"About {minutes:0.#} minutes for {steps} training steps ({Spelling.Write(precision)}); one map {map:0.0#} s "
                + $"({Described(compact)}), or {paperMap:0} s as the paper samples ({Described(paper)})."));

            string Described(ConsensusSegmentationEstimator.Options options) =>
                Formats.Describe(options.Sampling with { Precision = samplingPrecision });

            double Seconds(ConsensusSegmentationEstimator.Options options)
            {
                // Up to four views: the image, and its mirror images along rows, columns and both.
                int generations = options.Sampling.Generations, views = options.Sampling.Mirror ? Math.Min(4, generations) : 1;
                return ((views * sampling.EncoderMs)
                    + (generations * (options.Sampling.Steps ?? options.Diffusion.Steps) * sampling.SamplingStepMs))
                    / MillisecondsPerSecond;
            }
        }
    }
}
