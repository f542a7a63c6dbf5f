namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses output columns that a model cannot have together.</summary>
internal static class OutputColumnsCheck
{
    /// <summary>Checks that the names of the output columns differ.</summary>
    /// <exception cref="ArgumentException">Two columns have the same name; the message lists all four.</exception>
    public static void Check(string softMap, string consensusMaps, string uncertainty, string samples)
    {
        string[] names = [softMap, consensusMaps, uncertainty, samples];
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Length)
        {
            throw new ArgumentException(
                $"The output columns are '{softMap}', '{consensusMaps}', '{uncertainty}' and '{samples}'; they must differ.");
        }
    }
}
