using System.Globalization;
using Consensus.ML.Cli.Output;
using Consensus.ML.Studies.Results;
using Spectre.Console;

namespace Consensus.ML.Cli.Studies;

/// <summary>The results of a study for people.</summary>
internal static class StudyTable
{
    /// <summary>What the table is about.</summary>
    public static string Headline(StudyResults results, int side) =>
        $"Soft Dice (5 thresholds) at {side}×{side} pixels, over {results.Raters.Cases.Count} held-out "
        + $"cases{(results.Groups == results.Raters.Cases.Count ? "" : $" of {Formats.Groups(results.Groups)}")}.";

    /// <summary>
    /// A row for each method. With several seeds, a column has the score of their networks together; with volumes of several slices, one
    /// has the score over volumes.
    /// </summary>
    public static Table Create(StudyResults results)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("method");
        bool hasVolumes = results.Methods.Any(method => method.VolumeScore(MethodResult.Headline).Cases > 0);
        string[] further =
        [
            .. results.Ensembles.Count > 0 ? ["all seeds"] : Array.Empty<string>(),
            .. hasVolumes ? ["over volumes"] : Array.Empty<string>(),
        ];
        foreach (string name in (string[])["soft Dice", "95 % interval", "p, Holm", .. further, "training", "ms a map", "MiB"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (MethodResult method in results.Methods)
        {
            ScoreSummary score = method.Score(MethodResult.Headline);
            MethodComparison? comparison = results.Comparisons.FirstOrDefault(other => other.Method == method.Name);
            string[] all =
            [
                .. results.Ensembles.Where(ensemble => ensemble.Method == method.Name)
                    .Select(ensemble => Formats.Score(ensemble.Score(MethodResult.Headline).Mean)),
            ];
            table.AddRow(
            [
                Markup.Escape(method.Name),
                Formats.Score(score.Mean),
                double.IsNaN(score.Interval.Lower)
                    ? "–"
                    : $"{Formats.Score(score.Interval.Lower)} to {Formats.Score(score.Interval.Upper)}",
                comparison is null ? "reference" : comparison.AdjustedPValue.ToString("0.000", CultureInfo.InvariantCulture),
                .. all,
                .. hasVolumes ? [Formats.Score(method.VolumeScore(MethodResult.Headline).Mean)] : Array.Empty<string>(),
                Formats.Duration(TimeSpan.FromSeconds(method.Cost.TrainingSeconds)),
                method.Cost.PredictionMs.ToString("0.0", CultureInfo.InvariantCulture),
                method.Cost.PeakMemoryMb.ToString("0", CultureInfo.InvariantCulture),
            ]);
        }

        return table;
    }
}
