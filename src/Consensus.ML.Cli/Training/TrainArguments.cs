using System.CommandLine;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Options;
using Consensus.ML.Transforms;

namespace Consensus.ML.Cli.Training;

/// <summary>The options of <c>consensus train</c>.</summary>
internal sealed class TrainArguments
{
    private const int LargestSize = 4096;

    public DataOptions Data { get; } = new(QubiqSplit.Train);

    public Option<MissingRaters?> Missing { get; } = CaseArguments.MissingRaters(
        "and level c of C then means at least the share c/C of a case's raters");

    public Option<string?> ValidationSplit { get; } = new("--validation-split")
    {
        Description = "Keep the weights that are best on the cases of this split, and train on all of --split. Default: training cases are "
            + "set aside for that, in whole groups, or the last weights are kept (--validation-fraction).",
        HelpName = "SPLIT",
    };

    public Option<double?> ValidationFraction { get; } = RecipeArguments.ValidationFraction();

    public Option<int?> Size { get; } = OptionKinds.Whole(
        "--size", "S",
        "Side that slices are resized to, in pixels. Default: the smallest of 64, 128 and, on a GPU, 256 that costs the masks less than "
        + "half a point of soft Dice, or the largest of them; 256 for the paper preset.",
        1, LargestSize);

    public Option<TrainingPreset?> Preset { get; } = OptionKinds.Choice(
        "--preset", "compact (made for a CPU) or paper (as published: 256 pixels, for a GPU). Default compact.",
        Spelling.List<TrainingPreset>());

    public Option<TrainingMethod?> Method { get; } = OptionKinds.Choice(
        "--method",
        "consensus (the paper's, by diffusion) or a U-Net that predicts in one pass, named as in 'consensus study': "
        + "level-unet learns the same levels of agreement, and needs less time. Default consensus.",
        TrainingMethod.All);

    public Option<TrainingTarget?> Target { get; } = OptionKinds.Choice(
        "--target",
        "What the method consensus learns: consensus (each level of agreement, the paper's method), annotator (each rater's mask), "
        + "any-annotator (the mask of any rater) or soft-label (the soft map itself). Default consensus.",
        Spelling.List<TrainingTarget>());

    public Option<bool> NamedRaters { get; } = new("--named-raters")
    {
        Description = "Also learn the mask that each rater draws, by the rater's name, in the same network. For the target consensus.",
    };

    public Option<LevelConditioning?> LevelConditioning { get; } = NetworkArguments.LevelConditioning("the preset's");

    public Option<int?> PatchSize { get; } = NetworkArguments.PatchSize(
        "2 where S is at least 128 and a multiple of 16, otherwise 1; 1 for the paper preset; with --from the model's");

    public Option<Switch?> Coordinates { get; } = NetworkArguments.Coordinates("on; off for the paper preset; with --from the model's");

    public Option<double?> Minutes { get; } = RecipeArguments.Minutes(
        "End after this wall time, validation included; fractions are allowed. With --steps too, the first limit counts.");

    public Option<int?> Steps { get; } = OptionKinds.Whole(
        "--steps", "N", "End after this many training steps. Default: the preset's, unless --minutes is given.", 1, int.MaxValue);

    public Option<int?> Batch { get; } = RecipeArguments.Batch("the preset's, which is 4 as published; with --from the model's");

    public Option<OptimizerKind?> Optimizer { get; } = RecipeArguments.Optimizer(
        "muon for the method consensus unless an embedding tells the levels apart, and for level-unet; otherwise adamw; with --from the "
        + "model's");

    public Option<int?> Patience { get; } = OptionKinds.Whole(
        "--patience", "N",
        "End early after this many validations in a row without a better score; a run has 10 validations. Default: never.", 1,
        int.MaxValue);

    public Option<int?> Members { get; } = OptionKinds.Whole(
        "--members", "K",
        "Train K networks side by side, with seeds that follow one another. The model averages them. On K free cores that takes little "
        + "longer than one network on one core. Default 1, or, for the target consensus without named raters on at most 50 cases of up to "
        + "128 pixels, 2 where --minutes alone ends training, after 15 or more, and a CPU of several cores trains; with --from the "
        + "model's.",
        1, 64);

    public Option<int?> Seed { get; } = OptionKinds.Seed("Seed of everything random. Default 0.");

    public Option<string?> Device { get; } = DeviceOption.Create();

    public Option<Precision?> Precision { get; } = ModelArguments.Precision(
        "Number format of the heavy arithmetic while training; float16 is for GPUs without bfloat16. Default: the preset's.");

    public Option<int?> Threads { get; } = RecipeArguments.Threads();

    public Option<AugmentationStrength?> Augmentation { get; } =
        RecipeArguments.Augmentation("strong, or published for the paper preset");

    public Option<float?> NoData { get; } = CaseArguments.NoData();

    public Option<NormalizationScale?> Normalization { get; } = RecipeArguments.Normalization(
        "automatic, training-set for the paper preset, and that of the model of --from");

    public Option<Switch?> Antialias { get; } = RecipeArguments.Antialias("on, off for the paper preset, and that of the model of --from");

    public Option<MirrorAxes?> Mirror { get; } = RecipeArguments.Mirror();

    public Option<int?> Memory { get; } = OptionKinds.Whole(
        "--memory-limit", "MB",
        "The most memory that the cases may take. If they take more, they are kept in a temporary file; the model is the same. "
        + "Default: half of the machine's.",
        0, int.MaxValue);

    public Option<string?> From { get; } = new("--from")
    {
        Description = "Train this model further: its network, method, target, size and, unless --preset is given, recipe.",
        HelpName = "model.zip",
    };

    public ProcessArguments Processes { get; } = new();

    public CheckpointArguments Checkpoints { get; } = new();

    public Option<string> Output { get; } = new("--out") { Description = "The model to write.", HelpName = "model.zip", Required = true };

    /// <summary>The scale of grey values: that asked for, or that of the model to start from, or the preset's.</summary>
    public NormalizationScale ReadNormalization(ParseResult parsed, LoadedModel? start) => parsed.GetValue(Normalization)
        ?? start?.Normalizing?.Scale
        ?? (parsed.GetValue(Preset) == TrainingPreset.Paper ? NormalizationScale.TrainingSet : NormalizationScale.Automatic);

    /// <summary>Whether reduced slices are means of pixels: as asked for, or as of the model to start from, or of the preset.</summary>
    public bool ReadAntialias(ParseResult parsed, LoadedModel? start) => parsed.GetValue(Antialias) is { } asked
        ? asked == Switch.On
        : start?.Resizing?.Antialias ?? parsed.GetValue(Preset) != TrainingPreset.Paper;

    /// <summary>How the training cases are augmented.</summary>
    public AugmentationPolicy ReadAugmentation(ParseResult parsed, CaseSource source) => source.AugmentationAt(
        parsed.GetValue(Augmentation)
            ?? (parsed.GetValue(Preset) == TrainingPreset.Paper ? AugmentationStrength.Published : AugmentationStrength.Strong),
        parsed.GetValue(Mirror));

    /// <summary>A recipe, changed by the options that were given.</summary>
    public TrainingOptions ReadTraining(ParseResult parsed, TrainingOptions recipe)
    {
        int? steps = parsed.GetValue(Steps);
        double? minutes = parsed.GetValue(Minutes);
        TrainingOptions limited = steps is null && minutes is null
            ? recipe
            : recipe with { Steps = steps, TimeLimit = minutes is double limit ? TimeSpan.FromMinutes(limit) : null };
        return limited with
        {
            BatchSize = parsed.GetValue(Batch) ?? recipe.BatchSize,
            Optimizer = parsed.GetValue(Optimizer) ?? recipe.Optimizer,
            Precision = parsed.GetValue(Precision) ?? recipe.Precision,
            Patience = parsed.GetValue(Patience) ?? recipe.Patience,
            Threads = parsed.GetValue(Threads) ?? recipe.Threads,
            ValidationFraction = parsed.GetValue(ValidationFraction) ?? recipe.ValidationFraction,
        };
    }
}
