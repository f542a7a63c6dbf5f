using System.Globalization;
using Consensus.ML.Cli.Output;
using Consensus.ML.Evaluation;
using Spectre.Console;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>How well a model draws what each named rater would draw, as a table.</summary>
internal static class RaterTable
{
    /// <param name="scores">The scores.</param>
    /// <param name="options">The options of the intervals.</param>
    /// <param name="cases">What the scores are of.</param>
    public static Table Create(RaterMapScores scores, EvaluationOptions options, string cases = "cases")
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("mask of");
        string interval = (options.Confidence * 100).ToString("0.#", CultureInfo.InvariantCulture);
        foreach (string heading in (string[])["Dice", $"{interval} % interval", "with the others", cases])
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        foreach (RaterMapScore rater in scores.Raters)
        {
            table.AddRow(
                Markup.Escape(rater.Rater), Formats.Score(rater.Dice),
                double.IsNaN(rater.Interval.Lower)
                    ? "–"
                    : $"{Formats.Score(rater.Interval.Lower)} to {Formats.Score(rater.Interval.Upper)}",
                Formats.Score(rater.DiceWithOthers), rater.Cases.ToString(CultureInfo.InvariantCulture));
        }

        table.AddEmptyRow();
        table.AddRow("mean", Formats.Score(scores.Dice), "", Formats.Score(scores.DiceWithOthers), "");
        table.Caption = new TableTitle(
            $"Dice of each rater's predicted mask with the rater's own, and with the other raters', over {cases}");
        return table;
    }
}
