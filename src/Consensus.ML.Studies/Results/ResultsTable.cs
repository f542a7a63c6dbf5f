using System.Globalization;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>
/// results.csv: a row for each method, fold, seed and case, with every score (RFC 4180; what is not a number is empty). Text that a
/// spreadsheet would take for a formula has an apostrophe before it (OWASP, "CSV Injection"), as names of cases may come from anyone.
/// </summary>
internal static class ResultsTable
{
    // What spreadsheets begin formulas with; some pass over a tab or a line break before it, and some take the full-width forms too.
    private const string FormulaStarts = "=+-@\t\r\n＝＋－＠";

    public static void Write(TextWriter writer, StudyResults results)
    {
        string[] scores =
        [
            .. results.Methods.SelectMany(method => method.Runs).SelectMany(run => run.Cases).SelectMany(one => one.Scores.Keys).Distinct(),
        ];
        Row([
            nameof(StudyRun.Method), nameof(StudyRun.Fold), nameof(StudyRun.Seed), nameof(CaseRecord.Case), nameof(CaseRecord.Height),
            nameof(CaseRecord.Width), nameof(CaseRecord.Raters), nameof(CaseRecord.PredictionMs), nameof(CaseRecord.DistanceUnit),
            .. scores.Select(Text), nameof(CaseAverage.Group),
        ]);
        Dictionary<string, string> groups = results.Cases.ToDictionary(one => one.Name, one => one.Group, StringComparer.Ordinal);
        foreach (RunResult run in results.Methods.SelectMany(method => method.Runs))
        {
            foreach (CaseRecord one in run.Cases)
            {
                Row([
                    Text(run.Run.Method.Name), Text(run.Run.Fold.Name), Whole(run.Run.Seed), Text(one.Case),
                    Whole(one.Height), Whole(one.Width), Whole(one.Raters), Number(Math.Round(one.PredictionMs, 3)), Text(one.DistanceUnit),
                    .. scores.Select(score => Number(MethodResult.Value(one, score))), Text(groups[one.Case]),
                ]);
            }
        }

        void Row(IEnumerable<string> cells) => writer.WriteLine(string.Join(',', cells.Select(Quoted)));
    }

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    /// <summary>Text as no formula. Numbers are ours, and stay as they are: −1 is no formula.</summary>
    private static string Text(string text) => text.Length > 0 && FormulaStarts.Contains(text[0]) ? $"'{text}" : text;

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
