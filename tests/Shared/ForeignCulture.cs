using System.Globalization;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// An application's culture with a comma before decimals, a point between thousands and a minus sign of its own, as some have it.
/// </summary>
internal static class ForeignCulture
{
    /// <summary>Runs something in that culture and gives back the one that was.</summary>
    public static T Run<T>(Func<T> action)
    {
        // Programs that are built for the invariant culture know no other by name.
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
