namespace Consensus.ML.Cli;

/// <summary>The check that training runs first: hours are not spent on data that turns out to be broken.</summary>
internal static class DatasetGate
{
    private const int WarningsShown = 5;

    /// <summary>Says warnings, and refuses training cases that cannot be used.</summary>
    /// <exception cref="InvalidDataException">A training case cannot be used; the message names the first problem and how to see all.</exception>
    public static void Check(Terminal terminal, CaseSource source, string command, CancellationToken cancellation)
    {
        DatasetCheckReport report = DatasetCheck.Run([new(source.Split, source.Cases), .. source.Others], source.Raters, source.MissingRaters, cancellation: cancellation);

        // Of the other splits, which training does not read, only what they share with this one matters; numbers of masks were said when the cases were listed.
        DatasetProblem[] problems =
        [
            .. report.Problems.Where(problem => problem.Kind == DatasetProblemKind.DuplicateAcrossSplits
                || ((problem.Split is null || problem.Split == source.Split) && (problem.Case is null || problem.Kind != DatasetProblemKind.RaterCount))),
        ];
        DatasetProblem[] errors = [.. problems.Where(problem => problem.Severity == ProblemSeverity.Error)];
        if (errors.Length > 0)
        {
            string more = errors.Length switch { 1 => "", 2 => " One more problem stops training.", _ => $" {errors.Length - 1} more problems stop training." };
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
