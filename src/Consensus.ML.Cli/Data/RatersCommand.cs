using System.CommandLine;
using System.Globalization;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Microsoft.ML;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus raters</c>: describes how the raters of a set differ.</summary>
internal static class RatersCommand
{
    private const string Standard = "-";

    public static Command Create(Terminal terminal)
    {
        var data = new DataOptions(QubiqSplit.Train);
        var json = new Option<string?>("--json")
        {
            Description = "Print JSON instead of the tables. With a file name: print the tables, and write JSON to the file.",
            HelpName = "report.json",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new CommandWithExamples(
            "raters",
            "Describe how the raters of a set differ (area, bias, agreement, STAPLE), and the soft Dice that people reach.",
            "consensus raters --data QUBIQ --task brain-growth",
            "consensus raters --data QUBIQ --task prostate-2 --split val --json")
        {
            data.Data, data.Task, data.Split, json,
        };
        command.SetAction(parsed =>
        {
            string? path = parsed.GetResult(json) is null ? null : parsed.GetValue(json) ?? Standard;
            if (path is not null and not Standard && !AtomicFile.IsDevice(path))
            {
                OutputPath.EnsureFile(path);
            }

            using var interruption = new Interruption();
            MLContext ml = Session.CreateWithoutDevice(terminal, null, parsed.IsVerbose());
            CaseSource source = data.ListCases(terminal, parsed, MissingRaters.Fraction);
            var facts = new RaterDescription(Describe(terminal, ml, source, quiet: path == Standard), source);
            if (path != Standard)
            {
                terminal.Console.Write(SetTable(facts));
                terminal.Console.Write(RatersTable(facts));
            }

            if (path is not null)
            {
                JsonOutput.Write(path, facts, terminal.Out);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static RaterReport Describe(Terminal terminal, MLContext ml, CaseSource source, bool quiet)
    {
        IDataView cases = source.View(ml);
        if (!terminal.IsInteractive || quiet)
        {
            return ml.Segmentation.DescribeRaters(cases);
        }

        return terminal.Console.Status().Start("reading the first case", context =>
        {
            int read = 0;
            return ml.Segmentation.DescribeRaters(
                cases,
                progress: new Reporter(
                    agreement => context.Status(Markup.Escape($"{agreement.Name}: case {++read} of {source.Cases.Count}"))));
        });
    }

    private static Table SetTable(RaterDescription facts)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumn("name").AddColumn("value");
        Row("set", $"{facts.Data.Task}, {facts.Data.Split}");
        Row(
            "cases",
            $"{facts.Data.Cases}{(facts.Data.Groups == facts.Data.Cases ? "" : $" of {Formats.Groups(facts.Data.Groups)}")}, "
            + $"{facts.CountText} {(facts.CountText == "1" ? "rater" : "raters")} each");
        Row("pairwise Dice", Score(facts.MeanPairwiseDice));
        if (facts.PublishedPairwiseDice is double published)
        {
            Row("  published", $"{Score(published)} (Amit et al. 2023, Table 3, over the training cases)");
        }

        if (facts.Volumes is { } volumes)
        {
            // Readers of scans expect the value of volumes; the one above is the mean over slices.
            Row($"  over {Formats.Volumes(volumes.Cases.Count)}", Score(volumes.MeanPairwiseDice));
        }

        Row("Fleiss' kappa", Score(facts.MeanFleissKappa));
        Row("marked share", Percent(facts.MeanMarkedShare, "0.0"));
        if (!double.IsNaN(facts.Yardsticks.HalfAgainstHalf))
        {
            // A model's score means little without them.
            YardstickDescription.IntervalsDescription intervals = facts.Yardsticks.Intervals;
            Row("soft Dice of people", "");
            Row("  one rater, to all", Interval(facts.Yardsticks.OneAgainstAll, intervals.OneAgainstAll));
            Row("  one rater, to the others", Interval(facts.Yardsticks.OneAgainstOthers, intervals.OneAgainstOthers));
            Row("  a second panel (half to half)", Interval(facts.Yardsticks.HalfAgainstHalf, intervals.HalfAgainstHalf));
            Row("  the majority's outline, to all", Interval(facts.Yardsticks.MajorityAgainstAll, intervals.MajorityAgainstAll));
        }

        Row("soft Dice that resizing leaves", "");
        foreach (ResizingCeiling ceiling in ResizingCeiling.UpToLossless(facts.Ceilings))
        {
            Row($"  at {ceiling.Size} pixels", Score(ceiling.SoftDice));
        }

        return table;

        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
    }

    private static Table RatersTable(RaterDescription facts)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("rater");
        bool hasSizes = facts.Raters.Any(rater => !double.IsNaN(rater.MeanPhysicalArea));
        foreach (string name in (string[])[
            "cases", "empty", "area (pixels)", .. hasSizes ? ["area (mm²)"] : Array.Empty<string>(), "bias", "Dice with others",
            "STAPLE sensitivity", "STAPLE specificity", "STAPLE Dice",
        ])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (RaterSummary rater in facts.Raters)
        {
            string[] cells =
            [
                Markup.Escape(rater.Name), $"{rater.Cases}", $"{rater.EmptyMasks}",
                rater.MeanArea.ToString("0.0", CultureInfo.InvariantCulture),
                .. hasSizes ? [Formats.Area(rater.MeanPhysicalArea)] : Array.Empty<string>(), Percent(rater.Bias, "+0.0;-0.0;0.0"),
                Score(rater.MeanDice), Score(rater.StapleSensitivity), Score(rater.StapleSpecificity), Score(rater.StapleDice),
            ];
            table.AddRow(cells);
        }

        return table;
    }

    private static string Score(double value) => double.IsNaN(value) ? "–" : Formats.Score(value);

    private static string Interval(double mean, ConfidenceInterval interval) => double.IsNaN(interval.Lower)
        ? Score(mean)
        : $"{Score(mean)} ({Score(interval.Lower)} to {Score(interval.Upper)})";

    private static string Percent(double value, string format) =>
        double.IsNaN(value) ? "–" : $"{(100 * value).ToString(format, CultureInfo.InvariantCulture)} %";

    private sealed class Reporter(Action<CaseAgreement> report) : IProgress<CaseAgreement>
    {
        public void Report(CaseAgreement value) => report(value);
    }
}
