using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Decides which cases training uses, how many levels there are, and which level each mask belongs to. This matters where some raters have
/// not segmented some cases.
/// </summary>
/// <param name="missing">What to do with cases that lack raters.</param>
/// <param name="levels">The number of levels that the options ask for; null for the number that the data has.</param>
/// <param name="byRater">
/// The option that makes each level one rater, so that it matters which rater made a mask; null where there is none.
/// </param>
internal sealed class RatersOfCases(MissingRaters missing, int? levels, string? byRater)
{
    /// <summary>Describes the number of raters of these cases, for the log.</summary>
    public static string Describe(IReadOnlyList<TrainingCase> cases, int levels)
    {
        int fewest = cases.Min(chosen => chosen.Masks.Raters), most = cases.Max(chosen => chosen.Masks.Raters);
        return fewest == levels && most == levels
            ? $"{levels} raters"
            : $"{(fewest == most ? "" : $"{fewest} to ")}{most} raters, {levels} levels";
    }

    /// <summary>
    /// Chooses validation cases. They are scored by their soft maps, so it does not matter which rater made which mask.
    /// </summary>
    /// <param name="cases">Every case with the names of its raters, at least one.</param>
    /// <param name="raters">How many raters a training case has.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <exception cref="InvalidDataException">No case is left.</exception>
    public IReadOnlyList<TrainingCase> ChooseValidation(
        IReadOnlyList<(TrainingCase Case, string[] Names)> cases,
        int raters,
        Action<string> warn)
    {
        var kept = new List<TrainingCase>();
        foreach ((TrainingCase read, string[] names) in cases)
        {
            if (missing == MissingRaters.Fraction || names.Length == raters)
            {
                kept.Add(read);
            }
            else
            {
                warn(
                    $"{read.Name} of the validation set was left out: it has {names.Length} annotations, where {raters} are "
                    + $"needed ({nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes cases as they are).");
            }
        }

        return kept.Count > 0 ? kept : throw new InvalidDataException(
            $"No case has {raters} annotations, as the training cases have. "
            + $"{nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes any number.");
    }

    /// <summary>Chooses the training cases and the number of levels.</summary>
    /// <param name="cases">Every case with the names of its raters, at least one.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <exception cref="InvalidDataException">No case is left, or there are too many raters.</exception>
    public (IReadOnlyList<TrainingCase> Cases, int Levels) Choose(
        IReadOnlyList<(TrainingCase Case, string[] Names)> cases,
        Action<string> warn)
    {
        if (cases.FirstOrDefault(read => read.Names.Length > SliceLimits.MostRaters) is ({ } crowded, { } crowd))
        {
            throw new InvalidDataException(
                $"{crowded.Name} has {crowd.Length} annotations; there may be up to {SliceLimits.MostRaters}.");
        }

        IReadOnlyList<(TrainingCase Case, string[] Names)> kept = missing == MissingRaters.Drop ? Complete(cases, warn) : cases;
        string[] raters = [.. kept.SelectMany(read => read.Names).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance)];
        if (byRater is null)
        {
            return ([.. kept.Select(read => read.Case)], levels ?? kept.Max(read => read.Names.Length));
        }

        return levels is null || levels == raters.Length
            ? (
                [.. kept.Select(read => read.Case with { Raters = [.. read.Names.Select(name => Array.IndexOf(raters, name))] })],
                raters.Length)
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(IFitOptions.Levels)} is {levels}, but the cases were drawn by {raters.Length} "
                + $"raters ({string.Join(", ", raters)}), each of whom {byRater} takes for a level."));
    }

    /// <summary>
    /// The cases that have the number of raters that the options ask for, or else the most frequent number. Where it matters which rater
    /// made a mask, all these cases have the same raters.
    /// </summary>
    private List<(TrainingCase Case, string[] Names)> Complete(
        IReadOnlyList<(TrainingCase Case, string[] Names)> cases,
        Action<string> warn)
    {
        // Among groups of the same size, the group with more raters wins; then the first.
        IGrouping<string, (TrainingCase, string[] Names)>? largest = cases
            .Where(read => levels is null || read.Names.Length == levels)
            .GroupBy(read => Key(read.Names), StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenByDescending(group => group.First().Names.Length)
            .FirstOrDefault();
        if (largest is null)
        {
            string found = string.Join(
                ", ",
                cases.CountBy(read => read.Names.Length).OrderBy(count => count.Key).Select(count => $"{count.Value} with {count.Key}"));
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No case has {levels} annotations, as {nameof(IFitOptions.Levels)} asks; there are "
                    + $"{found}. {nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes any number."));
        }

        string wanted = byRater is not null ? $"those by {string.Join(", ", largest.First().Names)}" : $"{largest.First().Names.Length}";
        var kept = new List<(TrainingCase, string[])>();
        foreach ((TrainingCase read, string[] names) in cases)
        {
            if (Key(names) == largest.Key)
            {
                kept.Add((read, names));
            }
            else
            {
                string has = byRater is not null ? $"annotations by {string.Join(", ", names)}" : $"{names.Length} annotations";
                warn(
                    $"{read.Name} was left out: it has {has}, where {wanted} are needed "
                    + $"({nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes cases as they are).");
            }
        }

        return kept;
    }

    private string Key(string[] names) => byRater is not null ? string.Join('\n', names.Order(StringComparer.Ordinal)) : $"{names.Length}";
}
