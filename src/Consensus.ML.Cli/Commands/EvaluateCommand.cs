using System.CommandLine;
using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Networks;
using Microsoft.ML;
using Spectre.Console;

namespace Consensus.ML.Cli.Commands;

/// <summary><c>consensus evaluate</c>: scores a model on cases with masks.</summary>
internal static class EvaluateCommand
{
    private const int DefaultGenerations = 5;

    public static Command Create(Terminal terminal)
    {
        Option<string> model = SharedOptions.Model();
        var data = new DataOptions(QubiqSplit.Validation);
        Option<MissingRaters?> missing = SharedOptions.MissingRaters("each scored by the share of its own raters");
        Option<int?> generations = SharedOptions.Generations(DefaultGenerations.ToString());
        Option<SamplerKind?> sampler = SharedOptions.Sampler();
        Option<int?> steps = SharedOptions.SamplingSteps();
        Option<int?> seed = SharedOptions.Seed("Seed of the sampling noise. Default: the model's own.");
        Option<string?> device = SharedOptions.Device();
        Option<Precision?> precision = SharedOptions.Precision("Number format of the heavy arithmetic while sampling. Default: the model's own.");
        var native = new Option<bool>("--native") { Description = "Score at each case's own size; the default is the model's size, as published." };
        var json = new Option<string?>("--json") { Description = "Also write a report in JSON; '-' prints it instead of the table.", HelpName = "report.json" };
        var command = new Command("evaluate", "Score a model's soft maps against the raters' masks.")
        {
            model, data.Data, data.Task, data.Split, missing, generations, sampler, steps, seed, device, precision, native, json,
        };
        command.SetAction(parsed =>
        {
            string? report = parsed.GetValue(json);
            LoadedModel.EnsureExists(parsed.Require(model!));
            if (report is not null and not "-" && !AtomicFile.IsDevice(report))
            {
                OutputPath.EnsureFile(report);
            }

            using var interruption = new Interruption();
            MLContext ml = Session.Create(terminal, parsed.GetValue(device), null, CommandLine.IsDebugging(parsed));
            CaseSource source = data.Find(terminal, parsed, parsed.GetValue(missing));
            using LoadedModel loaded = LoadedModel.Read(ml, parsed.Require(model!));
            using LoadedModel sampled = loaded.WithSampling(
                parsed.GetValue(generations) ?? DefaultGenerations, parsed.GetValue(sampler), parsed.GetValue(steps), parsed.GetValue(seed), parsed.GetValue(precision));
            SegmentationMetrics metrics = Evaluate(terminal, ml, sampled.Model.Transform(source.View(ml)), parsed.GetValue(native), quiet: report == "-");
            var facts = new EvaluationReport(metrics, sampled.Segmentation, source, parsed.GetValue(native));
            if (report != "-")
            {
                terminal.Console.Write(Table(metrics));
                terminal.Out.WriteLine(Headline(metrics, facts));
            }

            if (report is not null)
            {
                JsonOutput.Write(report, facts, terminal.Out);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static SegmentationMetrics Evaluate(Terminal terminal, MLContext ml, IDataView predicted, bool native, bool quiet)
    {
        string column = "SoftMap";
        if (native)
        {
            predicted = ml.Transforms.RestoreSlices("NativeSoftMap", column, "Image").Fit(predicted).Transform(predicted);
            column = "NativeSoftMap";
        }

        if (!terminal.IsInteractive || quiet)
        {
            return ml.Segmentation.Evaluate(predicted, softMapColumnName: column);
        }

        return terminal.Console.Status().Start("sampling the first case", context =>
            ml.Segmentation.Evaluate(predicted, softMapColumnName: column, progress: new Reporter(scores =>
                context.Status(Markup.Escape($"{scores.Name}: soft Dice {Formats.Score(scores.SoftDice5)}; sampling the next case")))));
    }

    private static string Headline(SegmentationMetrics metrics, EvaluationReport report)
    {
        string size = report.Resolution.Native ? "at each case's own size" : $"at {report.Resolution.Height}×{report.Resolution.Width}";
        return $"Soft Dice {Formats.Score(metrics.SoftDice5)} (5 thresholds), {Formats.Score(metrics.SoftDice9)} (9 thresholds) over {(metrics.Cases.Count == 1 ? "1 case" : $"{metrics.Cases.Count} cases")} {size}; {report.SamplingText}.";
    }

    private static Table Table(SegmentationMetrics metrics)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("case");
        foreach (string score in (string[])["soft Dice 5", "soft Dice 9", "0.1", "0.3", "0.5", "0.7", "0.9", "F1", "IoU", "area", "boundary"])
        {
            table.AddColumn(new TableColumn(score).RightAligned());
        }

        foreach (CaseMetrics one in metrics.Cases)
        {
            table.AddRow(Row(one.Name, one.SoftDice5, one.SoftDice9, one.DiceAtThresholds, one.F1, one.IntersectionOverUnion, one.AreaRatio, one.BoundaryF));
        }

        table.AddEmptyRow();
        table.AddRow(Row("mean", metrics.SoftDice5, metrics.SoftDice9, metrics.DiceAtThresholds, metrics.F1, metrics.IntersectionOverUnion, metrics.AreaRatio, metrics.BoundaryF));
        return table;
    }

    private static string[] Row(string name, double five, double nine, IReadOnlyList<double> at, params double[] rounded) =>
        [Markup.Escape(name), Formats.Score(five), Formats.Score(nine), .. at.Where((_, i) => i % 2 == 0).Select(Formats.Score), .. rounded.Select(Formats.Score)];

    private sealed class Reporter(Action<CaseMetrics> report) : IProgress<CaseMetrics>
    {
        public void Report(CaseMetrics value) => report(value);
    }
}
