using System.Globalization;
using Consensus.ML.Studies.Results;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Benchmarks;

/// <summary>Compares methods over the cases of several studies together, with the statistics of a study.</summary>
internal static class PooledStudies
{
    private const string Reference = "consensus";

    /// <summary>Prints a row for each method that all studies have, beside consensus.</summary>
    /// <param name="folders">Folders with results.csv. A case of several seeds counts once, with the mean of its scores.</param>
    public static void Measure(IReadOnlyList<string> folders)
    {
        Dictionary<string, Dictionary<string, Score>>[] studies = [.. folders.Select(Read)];
        string[] methods =
        [
            .. studies[0].Keys.Where(method => method != Reference && studies.All(study => study.ContainsKey(method))),
        ];
        (string Case, Score Difference)[][] pairs =
        [
            .. methods.Select(method => studies.SelectMany((study, number) => study[method].Select(one =>
                ($"{number} {one.Key}", one.Value.Minus(study[Reference][one.Key])))).ToArray()),
        ];
        MethodComparison[] compared = MethodComparison.Of(
            methods,
            [.. pairs.Select(each => each.Select(pair => pair.Difference.SoftDice).ToArray())],
            [.. pairs.Select(each => (IReadOnlyList<string>)[.. each.Select(pair => pair.Case)])]);
        Console.WriteLine(
            "| method | cases | against consensus, points | p | better / worse | at the cases' own size | GED | nearer / farther |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (int i = 0; i < methods.Length; i++)
        {
            MethodComparison of = compared[i];
            Score[] differences = [.. pairs[i].Select(pair => pair.Difference)];
            double[] distances = [.. differences.Select(difference => difference.EnergyDistance)];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {of.Method} | {differences.Length} | {100 * of.Difference:+0.00;−0.00} ({100 * of.Interval.Lower:+0.00;−0.00} to "
                + $"{100 * of.Interval.Upper:+0.00;−0.00}) | {of.AdjustedPValue:0.#####} | {of.Better} / {of.Worse} | "
                + $"{100 * differences.Average(difference => difference.NativeSoftDice):+0.00;−0.00} | "
                + $"{distances.Average():+0.000;−0.000} | "
                + $"{distances.Count(distance => distance < 0)} / {distances.Count(distance => distance > 0)} |"));
        }
    }

    /// <summary>The scores in a study's results.csv, by method and case.</summary>
    private static Dictionary<string, Dictionary<string, Score>> Read(string folder)
    {
        var ml = new MLContext();
        string file = Path.Combine(folder, "results.csv"), header = File.ReadLines(file).First();
        string[] names = header.Split(',');
        IDataView table = ml.Data.CreateTextLoader(
            new TextLoader.Options
            {
                Columns =
                [
                    Column("Method", DataKind.String), Column("Case", DataKind.String), Column("SoftDice5", DataKind.Double),
                    Column("NativeSoftDice5", DataKind.Double), Column("GeneralizedEnergyDistance", DataKind.Double),
                ],
                Separators = [','], HasHeader = true, AllowQuoting = true,
            }).Load(file);
        string[] methods = [.. table.GetColumn<string>("Method")], cases = [.. table.GetColumn<string>("Case")];
        double[] dice = [.. table.GetColumn<double>("SoftDice5")], native = [.. table.GetColumn<double>("NativeSoftDice5")],
            distance = [.. table.GetColumn<double>("GeneralizedEnergyDistance")];
        return Enumerable.Range(0, methods.Length).GroupBy(i => methods[i]).ToDictionary(
            ofMethod => ofMethod.Key,
            ofMethod => ofMethod.GroupBy(i => cases[i]).ToDictionary(
                ofCase => ofCase.Key,
                ofCase => new Score(ofCase.Average(i => dice[i]), ofCase.Average(i => native[i]), ofCase.Average(i => distance[i]))));

        TextLoader.Column Column(string name, DataKind kind)
        {
            int place = Array.IndexOf(names, name);
            return place >= 0
                ? new(name, kind, place)
                : throw new InvalidDataException($"{file} has no column {name}; it has {header}.");
        }
    }

    private sealed record Score(double SoftDice, double NativeSoftDice, double EnergyDistance)
    {
        public Score Minus(Score other) =>
            new(SoftDice - other.SoftDice, NativeSoftDice - other.NativeSoftDice, EnergyDistance - other.EnergyDistance);
    }
}
