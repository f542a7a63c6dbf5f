using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Decides which cases training uses, how many levels there are, and which level each mask is. It matters where some raters have not drawn
/// some cases.
/// </summary>
/// <param name="missing">What to do with cases that lack raters.</param>
/// <param name="levels">The number of levels asked for; null for the data's own.</param>
/// <param name="byRater">
/// The option that takes each rater for a level, so that the rater of a mask matters; null where there is none.
/// </param>
internal sealed class RatersOfCases(MissingRaters missing, int? levels, string? byRater)
{
    /// <summary>The raters of these cases, for the log.</summary>
    public static string Describe(IReadOnlyList<TrainingCase> cases, int levels)
    {
        int fewest = cases.Min(one => one.Masks.Raters), most = cases.Max(one => one.Masks.Raters);
        return fewest == levels && most == levels
            ? $"{levels} raters"
            : $"{(fewest == most ? "" : $"{fewest} to ")}{most} raters, {levels} levels";
    }

    /// <summary>
    /// Chooses validation cases. They are compared by their soft maps, so that the rater of a mask does not matter.
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
        TrainingCase[] kept =
        [
            .. cases.Where(one => missing == MissingRaters.Fraction || one.Names.Length == raters).Select(one => one.Case),
        ];
        foreach (TrainingCase one in cases.Select(one => one.Case).Except(kept))
        {
            warn(
                $"{one.Name} of the validation set was left out: it has {one.Masks.Raters} annotations, where {raters} are needed "
                + $"({nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes cases as they are).");
        }

        return kept.Length > 0 ? kept : throw new InvalidDataException(
            $"No case has {raters} annotations, as the training cases have. "
            + $"{nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes any number.");
    }

    /// <summary>Chooses among all cases.</summary>
    /// <param name="cases">Every case with the names of its raters, at least one.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <exception cref="InvalidDataException">No case is left, or there are too many raters.</exception>
    public (IReadOnlyList<TrainingCase> Cases, int Levels) Choose(
        IReadOnlyList<(TrainingCase Case, string[] Names)> cases,
        Action<string> warn)
    {
        if (cases.FirstOrDefault(one => one.Names.Length > SliceLimits.MostRaters).Case is { } crowded)
        {
            throw new InvalidDataException(
                $"{crowded.Name} has {crowded.Masks.Raters} annotations; there may be up to {SliceLimits.MostRaters}.");
        }

        IReadOnlyList<(TrainingCase Case, string[] Names)> kept = missing == MissingRaters.Drop ? Complete(cases, warn) : cases;
        string[] raters = [.. kept.SelectMany(one => one.Names).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance)];
        if (byRater is null)
        {
            return ([.. kept.Select(one => one.Case)], levels ?? kept.Max(one => one.Names.Length));
        }

        return levels is null || levels == raters.Length
            ? (
                [.. kept.Select(one => one.Case with { Raters = [.. one.Names.Select(name => Array.IndexOf(raters, name))] })],
                raters.Length)
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(IFitOptions.Levels)} is {levels}, but the cases were drawn by {raters.Length} "
                + $"raters ({string.Join(", ", raters)}), each of whom {byRater} takes for a level."));
    }

    /// <summary>
    /// The cases with the number of raters asked for, or with the most frequent number. Where the rater of a mask matters, all have the
    /// same raters.
    /// </summary>
    private List<(TrainingCase Case, string[] Names)> Complete(
        IReadOnlyList<(TrainingCase Case, string[] Names)> cases,
        Action<string> warn)
    {
        // Among groups of the same size, the group with more raters wins; then the first.
        IGrouping<string, (TrainingCase, string[] Names)>? largest = cases
            .Where(one => levels is null || one.Names.Length == levels)
            .GroupBy(one => Key(one.Names), StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenByDescending(group => group.First().Names.Length)
            .FirstOrDefault();
        if (largest is null)
        {
            string found = string.Join(
                ", ",
                cases.CountBy(one => one.Names.Length).OrderBy(count => count.Key).Select(count => $"{count.Value} with {count.Key}"));
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No case has {levels} annotations, as {nameof(IFitOptions.Levels)} asks; there are "
                    + $"{found}. {nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes any number."));
        }

        string wanted = byRater is not null ? $"those by {string.Join(", ", largest.First().Names)}" : $"{largest.First().Names.Length}";
        var kept = new List<(TrainingCase, string[])>();
        foreach ((TrainingCase one, string[] names) in cases)
        {
            if (Key(names) == largest.Key)
            {
                kept.Add((one, names));
            }
            else
            {
                string has = byRater is not null ? $"annotations by {string.Join(", ", names)}" : $"{names.Length} annotations";
                warn(
                    $"{one.Name} was left out: it has {has}, where {wanted} are needed "
                    + $"({nameof(MissingRaters)}.{nameof(MissingRaters.Fraction)} takes cases as they are).");
            }
        }

        return kept;
    }

    private string Key(string[] names) => byRater is not null ? string.Join('\n', names.Order(StringComparer.Ordinal)) : $"{names.Length}";
}
