using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>
/// The networks of all seeds of a method together, scored at the model's size. Each level is averaged over them and rounded, and the soft
/// map is made of these levels; of methods that do not round, the soft maps are averaged. The maps are those that the study keeps, in steps
/// of 1/254. Of methods that draw raters it keeps the masks sorted alone, so what an ensemble of these predicts may differ a little.
/// </summary>
public sealed class EnsembleResult
{
    private readonly IReadOnlyList<EnsembleRecord> _records;
    private readonly string[] _groups;

    private EnsembleResult(IReadOnlyList<EnsembleRecord> records, string[] groups, MethodComparison comparison) =>
        (_records, _groups, Comparison) = (records, groups, comparison);

    /// <summary>The method's name.</summary>
    public string Method => Comparison.Method;

    /// <summary>The seeds of the networks.</summary>
    public IReadOnlyList<int> Seeds => _records[0].Seeds;

    /// <summary>The names of all scores, such as SoftDice5.</summary>
    public IReadOnlyList<string> ScoreNames => [.. _records[0].Scores.Keys];

    /// <summary>
    /// The soft Dice (5 thresholds) of the networks together, compared with that of one network on the same cases: its mean over seeds.
    /// Holm's correction is for all ensembles of the study.
    /// </summary>
    public MethodComparison Comparison { get; }

    /// <summary>A score over all cases.</summary>
    /// <param name="name">One of <see cref="ScoreNames"/>.</param>
    public ScoreSummary Score(string name) =>
        ScoreSummary.Of([.. _records.Select(record => record.Scores.GetValueOrDefault(name, double.NaN))], _groups);

    /// <summary>The ensembles of a study, in the order of its methods.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="records">The records of their ensembles, by method.</param>
    internal static EnsembleResult[] Create(IReadOnlyList<MethodResult> methods, ILookup<string, EnsembleRecord> records)
    {
        MethodResult[] together = [.. methods.Where(method => records.Contains(method.Name))];
        EnsembleRecord[][] scored = [.. together.Select(method => records[method.Name].ToArray())];
        CaseAverage[][] single =
        [
            .. together.Select((method, i) =>
            {
                Dictionary<string, CaseAverage> cases = method.Cases.ToDictionary(one => one.Name, StringComparer.Ordinal);
                return scored[i].Select(record => cases[record.Case]).ToArray();
            }),
        ];
        string[][] groups = [.. single.Select(cases => cases.Select(one => one.Group).ToArray())];
        double[][] differences =
        [
            .. scored.Select((records, i) => records.Zip(
                single[i], (all, one) => all.Scores[MethodResult.Headline] - one.Score(MethodResult.Headline)).ToArray()),
        ];
        return
        [
            .. MethodComparison.Of([.. together.Select(method => method.Name)], differences, groups)
                .Select((comparison, i) => new EnsembleResult(scored[i], groups[i], comparison)),
        ];
    }
}
