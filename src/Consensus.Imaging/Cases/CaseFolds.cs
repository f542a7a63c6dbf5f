using System.Globalization;

namespace Consensus.Imaging.Cases;

/// <summary>Assigns cases to the folds of a cross-validation.</summary>
public static class CaseFolds
{
    /// <summary>
    /// Assigns a fold to each row. Rows of one group (the slices of a case, the cases of a patient) have the same fold, and the folds have
    /// about as many rows each.
    /// </summary>
    /// <remarks>
    /// A seeded shuffle puts the groups into a random order. Then they are sorted by size, the largest first. Each group goes to the fold
    /// that has the fewest rows so far. If every group has one row, the folds differ by one row at most. The folds depend only on the
    /// names of the groups, their numbers of rows and the seed. The order of the rows does not matter.
    /// </remarks>
    /// <param name="groups">The group of each row.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>The fold of each row, from 0; every fold has at least one group.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    /// <exception cref="ArgumentException">There are fewer groups than folds.</exception>
    public static int[] Assign(IReadOnlyList<string> groups, int numberOfFolds, int seed)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfFolds, 2);
        (string Name, int Rows)[] sizes = [.. groups.GroupBy(name => name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Count()))];
        if (sizes.Length < numberOfFolds)
        {
            string rows = sizes.Length == groups.Count
                ? ""
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $", of {groups.Count} rows; those of one group (a patient, a volume, a case) share a fold");
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{numberOfFolds} folds need {numberOfFolds} groups of rows at least, but there "
                + $"{(sizes.Length == 1 ? "is" : "are")} {sizes.Length}{rows}."),
                nameof(groups));
        }

        new Random(seed).Shuffle(sizes);
        var taken = new int[numberOfFolds];
        var folds = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string name, int count) in sizes.OrderByDescending(group => group.Rows))
        {
            int fold = Array.IndexOf(taken, taken.Min());
            taken[fold] += count;
            folds.Add(name, fold);
        }

        return [.. groups.Select(name => folds[name])];
    }

    /// <summary>
    /// Sets whole groups aside, together about <paramref name="count"/> rows. The groups are shuffled, and each group that still fits is
    /// taken. If none fits, the smallest group is taken. At least one group always remains, so nothing is set aside if there is only one
    /// group.
    /// </summary>
    /// <param name="groups">The group of each row.</param>
    /// <param name="count">The largest number of rows to set aside; fewer than there are.</param>
    /// <param name="random">Shuffles the groups. Before the shuffle, they are in the order of their first rows.</param>
    /// <returns>For each row, whether it is set aside.</returns>
    internal static bool[] SetAside(IReadOnlyList<string> groups, int count, Random random)
    {
        int[][] rowsOf =
        [
            .. Enumerable.Range(0, groups.Count).GroupBy(row => groups[row], StringComparer.Ordinal).Select(group => group.ToArray()),
        ];
        random.Shuffle(rowsOf);
        var aside = new bool[groups.Count];
        int taken = 0;
        foreach (int[] rows in rowsOf)
        {
            if (taken + rows.Length <= count)
            {
                Take(rows);
            }
        }

        if (taken == 0 && count > 0 && rowsOf.Length > 1)
        {
            Take(rowsOf.MinBy(rows => rows.Length)!);
        }

        return aside;

        void Take(int[] rows)
        {
            taken += rows.Length;
            foreach (int row in rows)
            {
                aside[row] = true;
            }
        }
    }
}
