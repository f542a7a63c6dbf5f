using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>The check that training runs first: hours are not spent on data that turns out to be broken.</summary>
internal static class DatasetGate
{
    private const int WarningsShown = 5;

    /// <summary>Says warnings, and refuses training cases that cannot be used.</summary>
    /// <exception cref="InvalidDataException">
    /// A training case cannot be used; the message names the first problem and how to see all.
    /// </exception>
    public static void Check(Terminal terminal, CaseSource source, string command, float? noData, CancellationToken cancellation) =>
        Check(terminal, source, [new(source.Split, source.Cases)], source.Others, command, noData, cancellation);

    /// <summary>Says warnings, and refuses cases that cannot be used, of several splits.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="source">What a case must be like.</param>
    /// <param name="used">The splits that are trained on or scored.</param>
    /// <param name="others">The set's other splits, of which only what they share with these matters.</param>
    /// <param name="command">The command that lists all problems.</param>
    /// <param name="noData">The value of pixels without data; null where there are none.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="InvalidDataException">
    /// A case of <paramref name="used"/> cannot be used; the message names the first problem and how to see all.
    /// </exception>
    public static void Check(
        Terminal terminal,
        CaseSource source,
        IReadOnlyList<DatasetSplit> used,
        IReadOnlyList<DatasetSplit> others,
        string command,
        float? noData,
        CancellationToken cancellation)
    {
        DatasetCheckReport report = DatasetCheck.Run(
            [.. used, .. others], source.Raters, source.MissingRaters, noData: noData, cancellation: cancellation);
        HashSet<string?> names = [null, .. used.Select(split => split.Name)];

        // Of the other splits, which training does not read, only what they share with this one matters; numbers of masks were said when
        // the cases were listed.
        DatasetProblem[] problems =
        [
            .. report.Problems.Where(
                problem => problem.Kind is DatasetProblemKind.DuplicateAcrossSplits or DatasetProblemKind.GroupAcrossSplits
                    || (names.Contains(problem.Split) && (problem.Case is null || problem.Kind != DatasetProblemKind.RaterCount))),
        ];
        DatasetProblem[] errors = [.. problems.Where(problem => problem.Severity == ProblemSeverity.Error)];
        if (errors.Length > 0)
        {
            string more = errors.Length switch
            {
                1 => "",
                2 => " One more problem stops training.",
                _ => $" {errors.Length - 1} more problems stop training.",
            };
            throw new InvalidDataException($"{errors[0].Message} {errors[0].Advice}{more} '{command}' lists all.");
        }

        foreach (DatasetProblem warning in problems.Take(problems.Length > WarningsShown ? WarningsShown - 1 : WarningsShown))
        {
            terminal.Warn($"{warning.Message} {warning.Advice}");
        }

        if (problems.Length > WarningsShown)
        {
            terminal.Warn($"{problems.Length - WarningsShown + 1} more problems that do not stop training; '{command}' lists all.");
        }
    }
}
