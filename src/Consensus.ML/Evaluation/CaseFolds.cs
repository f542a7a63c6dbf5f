using System.Globalization;

namespace Consensus.ML;

/// <summary>Cases shared out among the folds of a cross-validation.</summary>
public static class CaseFolds
{
    /// <summary>
    /// Gives each row a fold, so that rows of one group (the slices of a case, the cases of a patient) share theirs and the folds have about as many rows each.
    /// </summary>
    /// <remarks>
    /// The groups, put in order by a seeded shuffle and then the largest first, go one after another to the fold with the fewest rows. Groups of one row give folds that differ by one row at most. The
    /// folds follow from the names, the number of rows of each and the seed; the order of the rows changes nothing.
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
        (string Name, int Rows)[] sizes = [.. groups.GroupBy(name => name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => (group.Key, group.Count()))];
        if (sizes.Length < numberOfFolds)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{numberOfFolds} folds need {numberOfFolds} groups of rows at least, but there are {sizes.Length}."), nameof(groups));
        }

        new Random(seed).Shuffle(sizes);
        var rows = new int[numberOfFolds];
        var folds = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string name, int count) in sizes.OrderByDescending(group => group.Rows))
        {
            int fold = Array.IndexOf(rows, rows.Min());
            rows[fold] += count;
            folds.Add(name, fold);
        }

        return [.. groups.Select(name => folds[name])];
    }
}
