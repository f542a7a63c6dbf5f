using System.CommandLine;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Consensus.ML.Transforms;

namespace Consensus.ML.Cli.Training;

/// <summary>Options about how a model is trained, for commands that train.</summary>
internal static class RecipeArguments
{
    /// <summary><c>--augmentation</c>: how strongly training augments the cases.</summary>
    public static Option<AugmentationStrength?> Augmentation(string byDefault) => OptionKinds.Choice(
        "--augmentation",
        "How training augments the cases: published (mirrors, turns, shifts and scales them) or strong (also deforms them, changes grey "
        + "values, reflects them at the edges, and turns them by any angle if they have no common orientation). "
        + $"Default {byDefault}.",
        Spelling.List<AugmentationStrength>());

    /// <summary><c>--normalization</c>: what the scale of grey values is taken from.</summary>
    public static Option<NormalizationScale?> Normalization(string byDefault) => OptionKinds.Choice(
        "--normalization",
        "The scale of grey values: training-set (one for all slices, as published), each-slice (each has its own, which a few very bright "
        + "or dark pixels do not change), or automatic (each has its own where the training images differ much in level and contrast). "
        + $"Default {byDefault}.",
        Spelling.List<NormalizationScale>());

    /// <summary><c>--antialias</c>: how slices are reduced to the model's size.</summary>
    public static Option<Switch?> Antialias(string byDefault) => OptionKinds.Choice(
        "--antialias",
        "Whether a pixel of a reduced slice is the mean of all pixels that it covers: less noise where slices are reduced to less than a "
        + $"half. With off, four pixels count, as published. Default {byDefault}.",
        Spelling.List<Switch>());

    /// <summary><c>--augment-mirror</c>: the axes along which training mirrors cases.</summary>
    public static Option<MirrorAxes?> Mirror() => OptionKinds.Choice(
        "--augment-mirror",
        "The axes of the stored slices along which training mirrors cases: columns (left and right of upright slices), rows, "
        + "both, or none (where left and right differ in meaning). "
        + "The model remembers the axes, and averages over no other mirror images. Default: by the task (kidney and prostate "
        + "columns, pancreas none, others both).",
        Spelling.List<MirrorAxes>());

    /// <summary><c>--minutes</c>: a limit of wall time.</summary>
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

    /// <summary><c>--batch</c>: how many images a step has.</summary>
    public static Option<int?> Batch(string byDefault) =>
        OptionKinds.Whole("--batch", "B", $"Images of a training step. Default: {byDefault}.", 1, 4096);

    /// <summary><c>--optimizer</c>: how a step follows from gradients.</summary>
    public static Option<OptimizerKind?> Optimizer(string byDefault) => OptionKinds.Choice(
        "--optimizer",
        "How a training step follows from gradients: adamw (as published) or muon (convolutions move as far in rare directions as in "
        + $"common ones, and learn in fewer steps). Default: {byDefault}.",
        Spelling.List<OptimizerKind>());

    /// <summary><c>--validation-fraction</c>: how many of the cases choose the best weights.</summary>
    public static Option<double?> ValidationFraction() => OptionKinds.Number(
        "--validation-fraction", "F",
        "Share of the training cases that is set aside to choose the best weights by, from 0 to 0.5; 0 trains on all cases "
        + "and keeps the last weights. Default 0.1, or, for diffusion with the compact preset on at most 50 cases, 0 in a short training: "
        + "up to 3000 steps, or up to 20 minutes on a CPU.",
        0, 0.5);

    public static Option<int?> Threads() => OptionKinds.Whole("--threads", "N",
        "CPU threads. Default: torch's own choice ('consensus info' says how many) or, where --minutes alone ends training, "
        + "as many of these threads as are free.",
        1, 4096);
}
