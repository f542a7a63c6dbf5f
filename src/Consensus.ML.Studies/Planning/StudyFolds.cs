using System.Globalization;
using Consensus.Imaging.Cases;
using Consensus.ML.Studies.Formatting;

namespace Consensus.ML.Studies.Planning;

/// <summary>Divides a data set into folds for cross-validation.</summary>
public static class StudyFolds
{
    /// <summary>
    /// Makes k folds. Every case is scored in one fold and trained on in all others. Cases of one group (<see cref="RaterCase.Group"/>,
    /// such as a patient or a volume) stay together. The same cases and seed give the same folds, in whatever order the cases are given.
    /// </summary>
    /// <param name="cases">The cases.</param>
    /// <param name="folds">k, from 2 to the number of groups.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>k folds called "fold 1", "fold 2", …, of sizes as equal as possible (<see cref="CaseFolds"/>).</returns>
    /// <exception cref="ArgumentException">
    /// There are fewer than two folds, or more folds than groups; the message says how many there are.
    /// </exception>
    public static IReadOnlyList<StudyFold> Split(IReadOnlyList<RaterCase> cases, int folds, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(cases);
        if (folds < 2)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{folds} folds leave nothing to train on: there must be at least 2."));
        }

        int groups = cases.Select(raterCase => raterCase.Group).Distinct(StringComparer.Ordinal).Count();
        if (folds > groups)
        {
            string counted = groups == cases.Count ? Text.Count(cases.Count, "case")
                : cases.All(raterCase => raterCase.GivenGroup is null)
                    ? $"{Text.Count(groups, "volume")} ({cases.Count} slices; those of one volume stay together)"
                : $"{Text.Count(groups, "group")} ({cases.Count} cases; those of one group, such as a patient, stay together)";
            string most = groups < 2 ? "" : $": ask for at most {groups} folds";
            throw new ArgumentException(
                $"{folds} folds need at least {folds} cases, but there {(groups == 1 ? "is" : "are")} {counted}{most}.");
        }

        RaterCase[] ordered = [.. cases.OrderBy(raterCase => raterCase.Name, CaseNameComparer.Instance)];
        int[] assigned = CaseFolds.Assign([.. ordered.Select(raterCase => raterCase.Group)], folds, seed);
        return [.. Enumerable.Range(0, folds).Select(fold => new StudyFold(
            $"fold {fold + 1}", [.. ordered.Where((_, i) => assigned[i] != fold)], [.. ordered.Where((_, i) => assigned[i] == fold)]))];
    }
}
