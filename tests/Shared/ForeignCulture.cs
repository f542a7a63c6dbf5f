using System.Globalization;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// A culture with a comma before decimals, a point between thousands and an unusual minus sign. Real cultures have these too.
/// </summary>
internal static class ForeignCulture
{
    /// <summary>Runs an action in that culture, and restores the previous culture.</summary>
    public static T Run<T>(Func<T> action)
    {
        // A program that is built for the invariant culture does not know other cultures by name.
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = culture.NumberFormat.PercentDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = culture.NumberFormat.PercentGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "~";
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            return action();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
