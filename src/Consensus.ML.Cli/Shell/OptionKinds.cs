using System.CommandLine;
using System.Globalization;

namespace Consensus.ML.Cli.Shell;

/// <summary>Makes the kinds of options that several commands use, and reads required options.</summary>
internal static class OptionKinds
{
    /// <summary>An option with a fixed list of values. The help and the error message show the list.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
        where T : struct => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(choice => choice.Name)),
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            int at = Array.FindIndex(choices, choice => choice.Name == given);
            if (at < 0)
            {
                result.AddError(
                    $"'{given}' is not a value of {name}; it must be one of {string.Join(", ", choices.Select(choice => choice.Name))}");
                return null;
            }

            return choices[at].Value;
        },
    };

    /// <summary>An option that is a whole number between two limits.</summary>
    public static Option<int?> Whole(string name, string symbol, string description, int smallest, int largest) => new(name)
    {
        Description = description,
        HelpName = symbol,
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && value >= smallest
                && value <= largest)
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of {name}; it must be a whole number from {smallest} to {largest}");
            return null;
        },
    };

    /// <summary>An option that is a number between two limits, both allowed.</summary>
    public static Option<double?> Number(string name, string symbol, string description, double smallest, double largest) => new(name)
    {
        Description = description,
        HelpName = symbol,
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Numbers.TryParse(given, out double value) && value >= smallest && value <= largest)
            {
                return value;
            }

            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"'{given}' is not a value of {name}; it must be a number from {smallest} to {largest}"));
            return null;
        },
    };

    /// <summary><c>--seed</c>.</summary>
    public static Option<int?> Seed(string description) => Whole("--seed", "S", description, int.MinValue, int.MaxValue);

    /// <summary>Refuses a file that begins with a hyphen: it is a mistyped option, which the parser would accept as a file.</summary>
    public static Argument<T> RefusingOptions<T>(this Argument<T> files)
    {
        files.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } mistyped)
            {
                result.AddError($"Unrecognized option '{mistyped.Value}' (a file of that name is './{mistyped.Value}')");
            }
        });
        return files;
    }

    /// <summary>The value of a required argument.</summary>
    public static T Require<T>(this ParseResult parsed, Argument<T> argument)
        where T : class => parsed.GetValue(argument) ?? throw new UsageException($"{argument.Name} is missing.");

    /// <summary>The value of a required option.</summary>
    public static T Require<T>(this ParseResult parsed, Option<T?> option)
        where T : class => parsed.GetValue(option) ?? throw new UsageException($"Option {option.Name} is missing.");
}
