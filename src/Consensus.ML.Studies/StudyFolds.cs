using System.Globalization;
using Consensus.ML.Imaging;

namespace Consensus.ML.Studies;

/// <summary>Divides a data set into folds for cross-validation.</summary>
public static class StudyFolds
{
    /// <summary>
    /// k folds: every case is scored in one of them and trained on in the others. Slices of one volume stay together, for they show one patient. The same cases and seed give the same folds, whatever
    /// the order of the cases.
    /// </summary>
    /// <param name="cases">The cases.</param>
    /// <param name="folds">k, from 2 to the number of cases; slices of one volume count as one.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>k folds called "fold 1", "fold 2", …, whose parts are as equal in size as may be (<see cref="CaseFolds"/>).</returns>
    /// <exception cref="ArgumentException">There are fewer than two folds, or more folds than cases; the message says how many there are.</exception>
    public static IReadOnlyList<StudyFold> Split(IReadOnlyList<RaterCase> cases, int folds, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(cases);
        if (folds < 2)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{folds} folds leave nothing to train on: there must be at least 2."));
        }

        int patients = cases.Select(Patient).Distinct(StringComparer.Ordinal).Count();
        if (folds > patients)
        {
            string counted = patients == cases.Count ? Text.Count(cases.Count, "case") : $"{Text.Count(patients, "volume")} ({cases.Count} slices; those of one volume stay together)";
            throw new ArgumentException($"{folds} folds need at least {folds} cases, but there {(patients == 1 ? "is" : "are")} {counted}: ask for at most {patients} folds.");
        }

        RaterCase[] ordered = [.. cases.OrderBy(one => one.Name, CaseNameComparer.Instance)];
        int[] assigned = CaseFolds.Assign([.. ordered.Select(Patient)], folds, seed);
        return [.. Enumerable.Range(0, folds).Select(fold => new StudyFold($"fold {fold + 1}", [.. ordered.Where((_, i) => assigned[i] != fold)], [.. ordered.Where((_, i) => assigned[i] == fold)]))];
    }

    private static string Patient(RaterCase one)
    {
        var address = SliceAddress.Parse(one.ImagePaths[0]);
        return address.Index is null ? one.Name : address.Path;
    }
}
