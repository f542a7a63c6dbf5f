using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Data;

/// <summary>Options about the cases of a set, for commands that read cases.</summary>
internal static class CaseArguments
{
    public static Option<MissingRaters?> MissingRaters(string kept) => OptionKinds.Choice(
        "--missing-raters",
        "What is done with cases that have another number of raters: drop leaves them out, as the paper does; fraction keeps them, "
        + $"{kept}. Default: the rule of the manifest, otherwise drop.",
        Spelling.List<MissingRaters>());

    /// <summary><c>--no-data</c>: the value of pixels without data.</summary>
    public static Option<float?> NoData() => new("--no-data")
    {
        Description = "Value of pixels without data, in the images' units, or nan: they are left out of normalisation, "
            + "here and in predictions of the model.",
        HelpName = "V|nan",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (given == "nan")
            {
                return float.NaN;
            }

            if (Numbers.TryParse(given, out double value) && float.IsFinite((float)value))
            {
                return (float)value;
            }

            result.AddError($"'{given}' is not a value of --no-data; it must be a number, such as -9999 or -3.4e38, or nan");
            return null;
        },
    };
}
