using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>The check that runs before training, so that no hours are lost on damaged data.</summary>
internal static class DatasetGate
{
    private const int WarningsShown = 5;

    /// <summary>Prints warnings, and refuses training cases that cannot be used.</summary>
    /// <returns>What resizing leaves of the masks, over all splits of the set (<see cref="DatasetCheckReport.Ceilings"/>).</returns>
    /// <exception cref="InvalidDataException">
    /// A training case cannot be used. The message names the first problem, and the command that lists all.
    /// </exception>
    public static IReadOnlyList<ResizingCeiling> Check(
        Terminal terminal, CaseSource source, string command, float? noData, CancellationToken cancellation) =>
        Check(terminal, source, [new(source.Split, source.Cases)], source.Others, command, noData, cancellation);

    /// <summary>Prints warnings, and refuses cases of several splits that cannot be used.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="source">The set, which says how many raters a case must have.</param>
    /// <param name="used">The splits that are trained on or scored.</param>
    /// <param name="others">
    /// The other splits of the set. They are only checked for cases and groups that they share with the used splits.
    /// </param>
    /// <param name="command">The command that lists all problems.</param>
    /// <param name="noData">The value of pixels without data; null for no such value.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <returns>What resizing leaves of the masks, over all splits of the set (<see cref="DatasetCheckReport.Ceilings"/>).</returns>
    /// <exception cref="InvalidDataException">
    /// A case of <paramref name="used"/> cannot be used. The message names the first problem, and the command that lists all.
    /// </exception>
    public static IReadOnlyList<ResizingCeiling> Check(
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

        // Training does not read the other splits. So only the problems count that concern what they share with the used splits. Warnings
        // about the number of masks are left out, because they were printed when the cases were listed.
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

        return report.Ceilings;
    }
}
