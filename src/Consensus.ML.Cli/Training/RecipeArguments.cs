using System.CommandLine;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Training;

/// <summary>Options about how a model is trained, for commands that train.</summary>
internal static class RecipeArguments
{
    /// <summary>How much training varies the cases.</summary>
    public static Option<AugmentationStrength?> Augmentation(string byDefault) => OptionKinds.Choice(
        "--augmentation",
        "How training varies the cases: published (mirrored, turned, shifted, scaled) or strong (deformed, and with other grey values, "
        + $"as well). Default {byDefault}.",
        Spelling.List<AugmentationStrength>());

    /// <summary>The axes that training mirrors cases along.</summary>
    public static Option<MirrorAxes?> Mirror() => OptionKinds.Choice(
        "--augment-mirror",
        "The axes of the stored slices that training mirrors cases along: none where left and right tell something; "
        + "columns (left and right of slices that stand upright), rows, or both. "
        + "The model remembers them, and averages over no other views. Default: by the task (kidney and prostate "
        + "columns, pancreas none, others both).",
        Spelling.List<MirrorAxes>());

    /// <summary>A limit of wall time.</summary>
    public static Option<double?> Minutes(string description) => new("--minutes")
    {
        Description = description,
        HelpName = "M",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Numbers.TryParse(given, out double value) && value is > 0 and <= 1e6)
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of --minutes; it must be a number above 0");
            return null;
        },
    };

    public static Option<int?> Threads() => OptionKinds.Whole("--threads", "N",
        "CPU threads. Default: torch's own choice ('consensus info' says how many) or, where --minutes alone ends training, "
        + "as many of those as are free.",
        1, 4096);
}
