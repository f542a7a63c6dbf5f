using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>results.json; data-schemas/study-results.schema.json describes it.</summary>
internal sealed record ResultsFile(
    int FormatVersion,
    ResultsFile.DataPart Data,
    IReadOnlyList<FoldRecord> Folds,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<ResultsFile.MethodPart> Methods,
    ResultsFile.SignificancePart Significance,
    IReadOnlyList<ResultsFile.RunPart> Runs,
    IReadOnlyList<string> Commands)
{
    public const int CurrentFormatVersion = 1;

    public static ResultsFile Create(StudyResults results) => new(
        CurrentFormatVersion,
        new(
            results.Options.DataName, results.Options.Size, results.Options.Size, results.Options.Levels, results.Raters.Cases.Count,
            results.Groups, results.Raters.MeanPairwiseDice, results.Raters.MeanFleissKappa),
        results.Record.Folds,
        results.Record.Settings,
        [.. results.Methods.Select(method => MethodPart.Create(
            method, results.Record.Methods[method.Name],
            results.Ensembles.FirstOrDefault(ensemble => ensemble.Method == method.Name)))],
        new(
            results.Reference.Name, MethodResult.Headline, results.Unit,
            "paired sign-flip test, two-sided, Holm-adjusted", [.. results.Comparisons.Select(ComparisonPart.Create)]),
        [.. results.Methods.SelectMany(method => method.Runs)
            .Select(run => new RunPart(run.Run.Method.Name, run.Run.Fold.Name, run.Run.Seed, run.Training, run.Cases))],
        results.Record.Commands);

    internal sealed record DataPart(
        string Name,
        int Height,
        int Width,
        int Levels,
        int Cases,
        int Groups,
        double MeanPairwiseDice,
        double MeanFleissKappa);

    internal sealed record MethodPart(
        string Name,
        string Description,
        IReadOnlyList<int> Seeds,
        IReadOnlyDictionary<string, ScorePart> Scores,
        IReadOnlyList<GenerationPart> Generations,
        MethodCost Cost,
        IReadOnlyDictionary<string, string> Settings,
        EnsemblePart? Ensemble,
        VolumesPart? Volumes,
        CaseRiskCoverage CaseRiskCoverage,
        IReadOnlyList<RaterScoreSummary> Raters,
        RaterMapsPart? RaterMaps)
    {
        public static MethodPart Create(
            MethodResult method,
            IReadOnlyDictionary<string, string> settings,
            EnsembleResult? ensemble) => new(
            method.Name, method.Method.Description, [.. method.Runs.Select(run => run.Run.Seed).Distinct()],
            method.ScoreNames.ToDictionary(name => name, name => ScorePart.Create(method, name)),
            [.. method.GenerationCounts.Select(count => new GenerationPart(count, method.ScoreAfter(count)))],
            method.Cost, settings, ensemble is null ? null : EnsemblePart.Create(ensemble),
            method.Volumes.Count == 0 ? null : VolumesPart.Create(method), method.CaseRiskCoverage, method.Raters,
            method.RaterMaps is { } drawn ? RaterMapsPart.Create(drawn) : null);
    }

    internal sealed record EnsemblePart(
        IReadOnlyList<int> Seeds,
        IReadOnlyDictionary<string, SummaryPart> Scores,
        ComparisonPart AgainstOne)
    {
        public static EnsemblePart Create(EnsembleResult ensemble) => new(
            ensemble.Seeds,
            ensemble.ScoreNames.ToDictionary(name => name, name => SummaryPart.Create(ensemble.Score(name))),
            ComparisonPart.Create(ensemble.Comparison));
    }

    internal sealed record RaterMapsPart(double Dice, double DiceWithOthers, IReadOnlyList<RaterMapPart> Raters)
    {
        public static RaterMapsPart Create(RaterMapScores scores) => new(
            scores.Dice, scores.DiceWithOthers,
            [.. scores.Raters.Select(rater => new RaterMapPart(
                rater.Rater, rater.Cases, rater.Dice, rater.Interval.Lower, rater.Interval.Upper, rater.DiceWithOthers))]);
    }

    internal sealed record RaterMapPart(string Rater, int Cases, double Dice, double Low, double High, double DiceWithOthers);

    internal sealed record VolumesPart(int Count, IReadOnlyDictionary<string, SummaryPart> Scores)
    {
        public static VolumesPart Create(MethodResult method) => new(
            method.Volumes.Count,
            method.ScoreNames.ToDictionary(name => name, name => SummaryPart.Create(method.VolumeScore(name))));
    }

    internal sealed record SummaryPart(double Mean, double Low, double High, int Cases)
    {
        public static SummaryPart Create(ScoreSummary score) => new(score.Mean, score.Interval.Lower, score.Interval.Upper, score.Cases);
    }

    internal sealed record ScorePart(double Mean, double Low, double High, int Cases, double DeviationOverSeeds)
    {
        public static ScorePart Create(MethodResult method, string name)
        {
            ScoreSummary score = method.Score(name);
            return new(score.Mean, score.Interval.Lower, score.Interval.Upper, score.Cases, method.DeviationOverSeeds(name));
        }
    }

    internal sealed record GenerationPart(int Generations, double SoftDice5);

    internal sealed record SignificancePart(
        string Reference,
        string Score,
        string Unit,
        string Test,
        IReadOnlyList<ComparisonPart> Comparisons);

    internal sealed record ComparisonPart(
        string Method,
        double Difference,
        double Low,
        double High,
        double PValue,
        double AdjustedPValue,
        int Better,
        int Worse)
    {
        public static ComparisonPart Create(MethodComparison comparison) => new(
            comparison.Method, comparison.Difference, comparison.Interval.Lower, comparison.Interval.Upper, comparison.PValue,
            comparison.AdjustedPValue, comparison.Better, comparison.Worse);
    }

    internal sealed record RunPart(string Method, string Fold, int Seed, TrainingRecord Training, IReadOnlyList<CaseRecord> Cases);
}
