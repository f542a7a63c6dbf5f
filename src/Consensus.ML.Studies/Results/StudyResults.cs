using Consensus.Imaging.Cases;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>The results of a study.</summary>
public sealed class StudyResults
{
    /// <param name="options">The study. Only its names, groups and numbers are read where the agreements are given.</param>
    /// <param name="record">Its record.</param>
    /// <param name="runs">The results of every run.</param>
    /// <param name="pictured">
    /// The case whose sampling the report draws; null where the cases' images are not at hand, so that the report has no pictures.
    /// </param>
    /// <param name="agreements">How the raters of each scored case agree; null to read their masks.</param>
    /// <param name="ensembles">The scores of the seeds of each method together; null for none.</param>
    internal StudyResults(
        StudyOptions options,
        StudyRecord record,
        IReadOnlyList<RunResult> runs,
        string? pictured,
        IEnumerable<CaseAgreement>? agreements = null,
        ILookup<string, EnsembleRecord>? ensembles = null)
    {
        Options = options;
        Record = record;
        Pictured = pictured;
        List<string> order = [.. StudyMethods.All.Select(method => method.Name), .. record.Methods.Keys];
        Methods = [.. runs.GroupBy(run => run.Run.Method)
            .Select(group => new MethodResult(group.Key, [.. group]))
            .OrderBy(method => order.IndexOf(method.Name))];
        Reference = Methods.FirstOrDefault(method => method.Name == StudyMethods.Consensus.Name) ?? Best;
        Groups = Reference.Groups.Distinct(StringComparer.Ordinal).Count();
        Comparisons = Compare();
        Ensembles = ensembles is null ? [] : EnsembleResult.Create(Methods, ensembles);
        Raters = new RaterReport(agreements ?? Cases.Select(raterCase => RaterRecord.Create(raterCase).Agreement));
    }

    /// <summary>The methods, in the order in which reports list them.</summary>
    public IReadOnlyList<MethodResult> Methods { get; }

    /// <summary>
    /// The method that all others are compared with: the paper's method where the study has it, otherwise the best method. The best is
    /// chosen by the scores that are compared, and Holm's correction does not cover that choice: p-values then tend to be too small.
    /// </summary>
    public MethodResult Reference { get; }

    /// <summary>The method with the highest mean soft Dice (5 thresholds).</summary>
    public MethodResult Best => Methods.MaxBy(method => method.Score(MethodResult.Headline).Mean)!;

    /// <summary>The comparison of every other method with <see cref="Reference"/>.</summary>
    public IReadOnlyList<MethodComparison> Comparisons { get; }

    /// <summary>The networks of all seeds together, for each method; empty for a study of one seed.</summary>
    public IReadOnlyList<EnsembleResult> Ensembles { get; }

    /// <summary>How the raters of the scored cases agree, at the cases' own size.</summary>
    public RaterReport Raters { get; }

    /// <summary>
    /// The number of groups (patients, volumes) of the scored cases. A case without a group is a group of its own. Intervals and tests
    /// count groups.
    /// </summary>
    public int Groups { get; }

    /// <summary>Side of the slices in training and scoring, in pixels.</summary>
    public int Size => Options.Size;

    internal StudyOptions Options { get; }

    internal StudyRecord Record { get; }

    /// <summary>The case whose sampling the report draws step by step; null for a report without pictures of cases.</summary>
    internal string? Pictured { get; }

    /// <summary>All scored cases, in the order of the folds.</summary>
    internal IEnumerable<RaterCase> Cases => Options.Folds.SelectMany(fold => fold.Evaluation);

    /// <summary>Whether the scores themselves chose <see cref="Reference"/>, since the study does not have the paper's method.</summary>
    internal bool IsReferenceChosen => Reference.Name != StudyMethods.Consensus.Name;

    /// <summary>The unit of intervals and tests: "case", or "group" where several cases are in one group.</summary>
    internal string Unit => Groups == Reference.Cases.Count ? "case" : "group";

    private MethodComparison[] Compare()
    {
        Dictionary<string, double> reference = Reference.Cases.ToDictionary(
            scored => scored.Name, scored => scored.Score(MethodResult.Headline), StringComparer.Ordinal);
        MethodResult[] others = [.. Methods.Where(method => method != Reference)];
        double[][] differences =
        [
            .. others.Select(
                method => method.Cases.Select(scored => scored.Score(MethodResult.Headline) - reference[scored.Name]).ToArray()),
        ];
        return MethodComparison.Of(
            [.. others.Select(method => method.Name)], differences, [.. others.Select(method => method.Groups)]);
    }
}
