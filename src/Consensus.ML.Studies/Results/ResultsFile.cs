using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Results;

/// <summary>results.json; data-schemas/study-results.schema.json describes it.</summary>
internal sealed record ResultsFile(
    int FormatVersion,
    ResultsFile.DataFacts Data,
    IReadOnlyList<FoldRecord> Folds,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<ResultsFile.MethodFacts> Methods,
    ResultsFile.SignificanceFacts Significance,
    IReadOnlyList<ResultsFile.RunFacts> Runs,
    IReadOnlyList<string> Commands)
{
    public const int CurrentFormatVersion = 1;

    public static ResultsFile Of(StudyResults results) => new(
        CurrentFormatVersion,
        new(
            results.Options.DataName, results.Options.Size, results.Options.Size, results.Options.Levels, results.Raters.Cases.Count,
            results.Groups, results.Raters.MeanPairwiseDice, results.Raters.MeanFleissKappa),
        results.Record.Folds,
        results.Record.Settings,
        [.. results.Methods.Select(method => MethodFacts.Of(method, results.Record.Methods[method.Name]))],
        new(
            results.Reference.Name, MethodResult.Headline, results.Unit,
            "paired sign-flip test, two-sided, Holm-adjusted", results.Comparisons),
        [.. results.Methods.SelectMany(method => method.Runs)
            .Select(run => new RunFacts(run.Run.Method.Name, run.Run.Fold.Name, run.Run.Seed, run.Training, run.Cases))],
        results.Record.Commands);

    internal sealed record DataFacts(
        string Name,
        int Height,
        int Width,
        int Levels,
        int Cases,
        int Groups,
        double MeanPairwiseDice,
        double MeanFleissKappa);

    internal sealed record MethodFacts(
        string Name,
        string Description,
        IReadOnlyList<int> Seeds,
        IReadOnlyDictionary<string, SummaryFacts> Scores,
        IReadOnlyList<GenerationFacts> Generations,
        MethodCost Cost,
        IReadOnlyDictionary<string, string> Settings)
    {
        public static MethodFacts Of(MethodResult method, IReadOnlyDictionary<string, string> settings)
        {
            int[] counts = [.. method.Cases.SelectMany(one => one.Seeds)
                .SelectMany(one => one.Generations)
                .Select(point => point.Generations)
                .Distinct()
                .Order()];
            return new(
                method.Name, method.Method.Description, [.. method.Runs.Select(run => run.Run.Seed).Distinct()],
                method.ScoreNames.ToDictionary(name => name, name => SummaryFacts.Of(method, name)),
                [.. counts.Select(count => new GenerationFacts(count, MethodResult.Mean(method.Cases.Select(one => one.After(count)))))],
                method.Cost, settings);
        }
    }

    internal sealed record SummaryFacts(double Mean, double Low, double High, int Cases, double DeviationOverSeeds)
    {
        public static SummaryFacts Of(MethodResult method, string name)
        {
            ScoreSummary score = method.Score(name);
            return new(score.Mean, score.Low, score.High, score.Cases, method.DeviationOverSeeds(name));
        }
    }

    internal sealed record GenerationFacts(int Generations, double SoftDice5);

    internal sealed record SignificanceFacts(
        string Reference,
        string Score,
        string Unit,
        string Test,
        IReadOnlyList<MethodComparison> Comparisons);

    internal sealed record RunFacts(string Method, string Fold, int Seed, TrainingRecord Training, IReadOnlyList<CaseRecord> Cases);
}
