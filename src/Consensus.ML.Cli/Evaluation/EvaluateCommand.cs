using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Microsoft.ML;
using Spectre.Console;

namespace Consensus.ML.Cli.Evaluation;

/// <summary><c>consensus evaluate</c>: scores a model on cases with masks.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> model = ModelArguments.Model();
        var data = new DataOptions(QubiqSplit.Validation);
        Option<MissingRaters?> missing = CaseArguments.MissingRaters("each scored by the share of its own raters");
        var sampling = new SamplingArguments();
        Option<string?> device = DeviceOption.Create();
        var native = new Option<bool>("--native")
        {
            Description = "Score at each case's own size. Default: at the model's size, as published.",
        };
        var thresholds = new Option<float[]>("--thresholds")
        {
            Description = "Thresholds of one more soft Dice, such as 0.25 0.5 0.75. Default: 0.1 to 0.9.",
            HelpName = "share",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
            {
                var values = new List<float>();
                foreach (string given in result.Tokens.Select(token => token.Value))
                {
                    if (!Numbers.TryParse(given, out double value))
                    {
                        result.AddError(
                            $"'{given}' is not a value of --thresholds; it must be numbers above 0 and at most 1, with spaces between "
                            + $"them{Numbers.CommaHint(given)}");
                        return null;
                    }

                    values.Add((float)value);
                }

                return [.. values];
            },
        };
        var tolerance = new Option<double?>("--surface-tolerance")
        {
            Description = "How far apart outlines may lie for the surface Dice: in mm where the images say how large a pixel is, "
                + "otherwise in pixels. Default: one pixel.",
            HelpName = "distance",
            CustomParser = result =>
            {
                string given = result.Tokens.Single().Value;
                if (Numbers.TryParse(given, out double value))
                {
                    return value;
                }

                result.AddError($"'{given}' is not a value of --surface-tolerance; it must be a number above 0{Numbers.CommaHint(given)}");
                return null;
            },
        };
        var json = new Option<string?>("--json")
        {
            Description = "Also write a report in JSON; '-' prints it instead of the table.",
            HelpName = "report.json",
        };
        var command = new CommandWithExamples(
            "evaluate",
            "Score a model's soft maps against the raters' masks.",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --json report.json",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --sampler ddim "
            + "--sampling-steps 2 --generations 1")
        {
            model, data.Data, data.Task, data.Split, missing,
            sampling.Generations, sampling.Tolerance, sampling.Mirror, sampling.Sampler, sampling.Steps, sampling.Seed, sampling.Precision,
            device, native, thresholds, tolerance, json,
        };
        command.SetAction(parsed =>
        {
            string? report = parsed.GetValue(json);
            LoadedModel.EnsureExists(parsed.Require(model!));
            if (report is not null and not "-" && !AtomicFile.IsDevice(report))
            {
                OutputPath.EnsureFile(report);
            }

            EvaluationOptions options = Options(parsed.GetValue(thresholds), parsed.GetValue(tolerance));
            using var interruption = new Interruption();
            CaseSource source = data.ListCases(terminal, parsed, parsed.GetValue(missing));
            (MLContext ml, LoadedModel loaded) = LoadedModel.Open(
                terminal, parsed.Require(model!), parsed.GetValue(device), parsed.IsVerbose());
            using LoadedModel owned = loaded;
            using LoadedModel sampled = loaded.WithSampling(sampling.Read(parsed, loaded.Segmentation));
            SegmentationMetrics metrics = Evaluate(
                terminal, ml, sampled.Model.Transform(source.View(ml)), parsed.GetValue(native), options, quiet: report == "-");
            var scores = new EvaluationReport(metrics, options, sampled.Segmentation, source, parsed.GetValue(native));
            if (report != "-")
            {
                terminal.Console.Write(EvaluationTables.Cases(metrics));
                terminal.Console.Write(EvaluationTables.Means(metrics, options));
                terminal.Out.WriteLine(Headline(metrics, scores));
            }

            if (report is not null)
            {
                JsonOutput.Write(report, scores, terminal.Out);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static SegmentationMetrics Evaluate(
        Terminal terminal,
        MLContext ml,
        IDataView predicted,
        bool native,
        EvaluationOptions options,
        bool quiet)
    {
        string column = "SoftMap";
        if (native)
        {
            predicted = ml.Transforms.RestoreSlices("NativeSoftMap", column, "Image").Fit(predicted).Transform(predicted);
            column = "NativeSoftMap";
        }

        if (!terminal.IsInteractive || quiet)
        {
            return ml.Segmentation.Evaluate(predicted, softMapColumnName: column, options: options);
        }

        return terminal.Console.Status().Start("sampling the first case", context =>
            ml.Segmentation.Evaluate(predicted, softMapColumnName: column, options: options, progress: new Reporter(scores =>
                context.Status(Markup.Escape($"{scores.Name}: soft Dice {Formats.Score(scores.SoftDice5)}; sampling the next case")))));
    }

    private static string Headline(SegmentationMetrics metrics, EvaluationReport report)
    {
        string size = report.Resolution.Native ? "at each case's own size" : $"at {report.Resolution.Height}×{report.Resolution.Width}";
        return $"Soft Dice {Formats.Score(metrics.SoftDice5)} (5 thresholds), {Formats.Score(metrics.SoftDice9)} (9 thresholds) "
            + $"over {Formats.Cases(metrics.Cases.Count, metrics.Groups)} {size}; {report.SamplingText}.";
    }

    private static EvaluationOptions Options(float[]? thresholds, double? tolerance)
    {
        if (thresholds?.Where(threshold => !(threshold > 0 && threshold <= 1)).ToArray() is [float wrong, ..])
        {
            throw new UsageException(FormattableString.Invariant($"--thresholds has {wrong}; a threshold lies above 0 and is at most 1."));
        }

        if (thresholds?.GroupBy(threshold => threshold).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new UsageException(FormattableString.Invariant($"--thresholds has {twice.Key} twice; each threshold is given once."));
        }

        if (tolerance is double distance && !(distance > 0 && double.IsFinite(distance)))
        {
            throw new UsageException(FormattableString.Invariant($"--surface-tolerance is {distance}; it must be above 0."));
        }

        return new() { Thresholds = thresholds is { Length: > 0 } ? thresholds : SoftDice.NineThresholds, SurfaceTolerance = tolerance };
    }

    private sealed class Reporter(Action<CaseMetrics> report) : IProgress<CaseMetrics>
    {
        public void Report(CaseMetrics value) => report(value);
    }
}
