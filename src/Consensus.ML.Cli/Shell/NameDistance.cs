namespace Consensus.ML.Cli.Shell;

/// <summary>Measures how far a mistyped name is from a known name.</summary>
internal static class NameDistance
{
    /// <summary>
    /// The smallest number of letters to insert, delete or replace (Levenshtein 1966). Upper and lower case are the same.
    /// </summary>
    public static int Between(string first, string second)
    {
        int[] row = [.. Enumerable.Range(0, second.Length + 1)];
        for (int i = 1; i <= first.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(first[i - 1]) == char.ToLowerInvariant(second[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
