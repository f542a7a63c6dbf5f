using System.Globalization;

namespace Consensus.ML.Options;

/// <summary>Checks single values that users set. Each message names the option, the value found and what is allowed.</summary>
internal static class OptionRange
{
    /// <summary>A value that must be given.</summary>
    /// <exception cref="ArgumentException">It is null.</exception>
    public static T Given<T>(string name, T? value)
        where T : class => value ?? throw new ArgumentException($"{name} is null; it must be given.");

    /// <summary>Checks that a value is one of its enumeration.</summary>
    /// <exception cref="ArgumentException">It is not a value of the enumeration; the message lists those.</exception>
    public static void Defined<T>(string name, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw Wrong(name, value, $"one of {string.Join(", ", Enum.GetNames<T>())}");
        }
    }

    /// <summary>Checks that a value lies between a minimum and a maximum, both included.</summary>
    /// <exception cref="ArgumentException">It does not; the message names both limits.</exception>
    public static void Range(string name, int value, int minimum, int maximum, string note = "")
    {
        if (value < minimum || value > maximum)
        {
            throw Wrong(name, value, (maximum == int.MaxValue ? $"at least {minimum}" : $"from {minimum} to {maximum}") + note);
        }
    }

    /// <summary>Checks that a value is finite and above 0.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Positive(string name, double value, string note = "")
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            throw Wrong(name, value, "above 0" + note);
        }
    }

    /// <summary>Checks that a value is finite and at least 0.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void NotNegative(string name, double value)
    {
        if (!(value >= 0 && double.IsFinite(value)))
        {
            throw Wrong(name, value, "at least 0");
        }
    }

    /// <summary>The exception for an option out of range: its name, its value, and what is allowed.</summary>
    public static ArgumentException Wrong(string name, object value, string allowed) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{name} is {value}; it must be {allowed}."));
}
