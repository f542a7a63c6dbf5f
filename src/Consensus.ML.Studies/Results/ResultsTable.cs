using System.Globalization;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>
/// Writes results.csv: a row for each method, fold, seed and case, with every score (RFC 4180; a value that is not a number is empty).
/// Names of cases may come from anyone. So text that a spreadsheet would read as a formula gets an apostrophe before it (OWASP, "CSV
/// Injection").
/// </summary>
internal static class ResultsTable
{
    // The characters that formulas begin with. Some spreadsheets skip a tab or a line break before them; some accept full-width forms.
    private const string FormulaStarts = "=+-@\t\r\n＝＋－＠";

    public static void Write(TextWriter writer, StudyResults results)
    {
        string[] scores = [.. results.Methods.SelectMany(method => method.ScoreNames).Distinct(StringComparer.Ordinal)];
        Row([
            nameof(StudyRun.Method), nameof(StudyRun.Fold), nameof(StudyRun.Seed), nameof(CaseRecord.Case), nameof(CaseRecord.Height),
            nameof(CaseRecord.Width), nameof(CaseRecord.Raters), nameof(CaseRecord.PredictionMs), nameof(CaseRecord.DistanceUnit),
            .. scores.Select(Text), nameof(CaseAverage.Group),
        ]);
        Dictionary<string, string> groups = results.Cases.ToDictionary(
            raterCase => raterCase.Name, raterCase => raterCase.Group, StringComparer.Ordinal);
        foreach (RunResult run in results.Methods.SelectMany(method => method.Runs))
        {
            foreach (CaseRecord scored in run.Cases)
            {
                Row([
                    Text(run.Run.Method.Name), Text(run.Run.Fold.Name), Whole(run.Run.Seed), Text(scored.Case),
                    Whole(scored.Height), Whole(scored.Width), Whole(scored.Raters), Number(Math.Round(scored.PredictionMs, 3)),
                    Text(scored.DistanceUnit),
                    .. scores.Select(score => Number(MethodResult.Value(scored, score))), Text(groups[scored.Case]),
                ]);
            }
        }

        void Row(IEnumerable<string> cells) => writer.WriteLine(string.Join(',', cells.Select(Quoted)));
    }

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    /// <summary>Text that no spreadsheet reads as a formula. Numbers stay as they are, because −1 is no formula.</summary>
    private static string Text(string text) => text.Length > 0 && FormulaStarts.Contains(text[0]) ? $"'{text}" : text;

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
