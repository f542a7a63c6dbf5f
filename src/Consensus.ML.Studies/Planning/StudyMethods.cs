using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Studies.Planning;

/// <summary>The methods that come with the library.</summary>
public static class StudyMethods
{
    /// <summary>The paper's method: diffusion draws the levels of consensus, all of them in one pass.</summary>
    public static StudyMethod Consensus { get; } = Diffusion(
        "consensus", TrainingTarget.Consensus,
        "The method of the paper: a diffusion model that draws each level of agreement (where at least 1, 2, … C raters agree); "
        + "the soft map is the mean of the levels. A pass of the network draws all levels, each in a channel of its own; with the preset "
        + "paper it draws one of them, as published.");

    /// <summary>Diffusion trained on each rater's mask. The network knows which rater made each mask.</summary>
    public static StudyMethod Annotator { get; } = Diffusion(
        "annotator", TrainingTarget.Annotator,
        "The same diffusion model, but it draws the masks of all raters, each in its own channel. (The paper's model gets the number of "
        + "the rater to draw, Table 2.) The soft map is the mean over the raters.");

    /// <summary>Diffusion trained on single masks. The network does not know which rater made a mask.</summary>
    public static StudyMethod AnyAnnotator { get; } = Diffusion(
        "any-annotator", TrainingTarget.AnyAnnotator,
        "The same diffusion model, but it draws the mask of any rater and does not know which (Table 2 of the paper); "
        + "the soft map is the mean over as many drawings as there are raters.");

    /// <summary>Diffusion trained on the soft map itself.</summary>
    public static StudyMethod SoftLabel { get; } = Diffusion(
        "soft-label", TrainingTarget.SoftLabel,
        "The same diffusion model, but it draws the soft map directly: the share of raters at each pixel (Table 2 of the paper).");

    /// <summary>The four training targets of the paper's Table 2.</summary>
    public static IReadOnlyList<StudyMethod> TrainingTargets { get; } = [Consensus, Annotator, AnyAnnotator, SoftLabel];

    /// <summary>The paper's method with its published conditioning: a pass draws one level.</summary>
    public static StudyMethod ConsensusByLevel { get; } = Diffusion(
        "consensus-by-level", TrainingTarget.Consensus,
        "Like consensus, but a pass draws one level, and an embedding says which: as published.",
        levelConditioning: LevelConditioning.Embedding);

    /// <summary>The paper's method, and the mask that each named rater would draw, from one network.</summary>
    public static StudyMethod ConsensusAndRaters { get; } = Diffusion(
        "consensus-raters", TrainingTarget.Consensus,
        "Like consensus, but the network also draws what each rater would draw, known by name, in a channel of its own. The soft map is "
        + "the mean of the levels.",
        namesRaters: true);

    /// <summary>Concatenated conditioning, trained on levels of consensus.</summary>
    public static StudyMethod DmiseLike { get; } = Diffusion(
        "dmise-like", TrainingTarget.Consensus,
        "Diffusion without the image encoder: the image goes into the network beside the noisy map, after DMISE (Wolleb et al. 2022); "
        + "trained on the levels of agreement. \"-like\": the original draws single masks, has no levels, and takes more steps.",
        Conditioning.Concatenation);

    /// <summary>Concatenated conditioning, trained on the mask of any rater.</summary>
    public static StudyMethod AmisLike { get; } = Diffusion(
        "amis-like", TrainingTarget.AnyAnnotator,
        "Diffusion without the image encoder that draws the mask of any rater, after AMIS (Rahman et al. 2023). \"-like\": "
        + "it does without the original's two networks for the ambiguity of an image, and without their loss.",
        Conditioning.Concatenation);

    /// <summary>One network on the majority vote.</summary>
    public static StudyMethod MajorityVote { get; } = OnePass(
        "mv-unet",
        UNetKind.MajorityVote,
        "MV-UNet: one network trained on the mask of the majority; its probability is used as the soft map.");

    /// <summary>One network that learns the mask of a random rater at each step.</summary>
    public static StudyMethod LabelSampling { get; } = OnePass(
        "ls-unet",
        UNetKind.LabelSampling,
        "LS-UNet (Jensen et al. 2019): one network that learns the mask of a random rater at each step; "
        + "its probability is the soft map.");

    /// <summary>One head for each rater.</summary>
    public static StudyMethod MultiHead { get; } = OnePass(
        "mh-unet",
        UNetKind.MultiHead,
        "MH-UNet (after Guan et al. 2018): one network with an output for each rater; the soft map is their mean.");

    /// <summary>Monte-Carlo dropout.</summary>
    public static StudyMethod MonteCarloDropout { get; } = OnePass(
        "mcd",
        UNetKind.MonteCarloDropout,
        "MCD (Gal and Ghahramani 2016): one network in which dropout stays on; the soft map is the mean of 16 passes.");

    /// <summary>Low-rank normal logits.</summary>
    public static StudyMethod StochasticSegmentation { get; } = OnePass(
        "ssn",
        UNetKind.StochasticSegmentation,
        "SSN (stochastic segmentation network, Monteiro et al. 2020): one network that predicts how the pixels' logits vary together, and "
        + "draws whole masks from that; learned from the mask of a random rater at each step. The soft map is the mean of 16 masks.");

    /// <summary>A U-Net with a latent that chooses the mask.</summary>
    public static StudyMethod ProbabilisticUNet { get; } = OnePass(
        "prob-unet",
        UNetKind.ProbabilisticUNet,
        "Probabilistic U-Net (Kohl et al. 2018): a U-Net in which six numbers, drawn at random, choose the mask; learned from the mask of "
        + "a random rater at each step. The soft map is the mean of 16 masks.");

    /// <summary>One output for each level of agreement.</summary>
    public static StudyMethod Levels { get; } = OnePass(
        "level-unet",
        UNetKind.Levels,
        "One network with an output for each level of agreement. It predicts directly what the paper's method draws by diffusion. "
        + "The levels are rounded, and the soft map is their mean.");

    /// <summary>The soft label in one pass.</summary>
    public static StudyMethod SoftLabelUNet { get; } = OnePass(
        "soft-unet", UNetKind.SoftLabel, "One network trained on the share of raters at each pixel directly.");

    /// <summary>A fully convolutional network on the majority vote.</summary>
    public static StudyMethod FcnLike { get; } = OnePass(
        "fcn-like",
        UNetKind.FullyConvolutional,
        "A fully convolutional network after FCN-8s (Long et al. 2015): a VGG-like encoder, and the sum of scores at 1/8, 1/16 and 1/32 "
        + "of the side, trained on the majority. \"-like\": narrower, normalised, without weights of ImageNet and "
        + "learned upsampling.");

    /// <summary>Deep attentional features on the majority vote.</summary>
    public static StudyMethod DafLike { get; } = OnePass(
        "daf-like",
        UNetKind.DeepAttention,
        "After DAF (Wang et al. 2018): features of several levels are fused, an attention for each level refines it, and every level's "
        + "output is trained on the majority. \"-like\": with the encoder of the U-Net here in place of a ResNeXt.");

    /// <summary>Maps for raters of given expertise.</summary>
    public static StudyMethod MrnetLike { get; } = OnePass(
        "mrnet-like",
        UNetKind.MultiRaterAgreement,
        "After MRNet (Ji et al. 2021): the network is told how much each rater counts, reconstructs each rater's mask, and refines its "
        + "map where these masks differ; the soft map is for raters who count equally. \"-like\": on the U-Net here, without the loss "
        + "that compares reconstructions.");

    /// <summary>A coarse pass, and fine passes to a fixed point.</summary>
    public static StudyMethod FpmLike { get; } = OnePass(
        "fpm-like",
        UNetKind.FixedPoint,
        "After FPM (Zhou et al. 2017): a coarse network finds the object, and a fine one looks at the crop around it until two masks "
        + "agree, both trained on the majority. \"-like\": on single slices, and with crops scaled to the slice's size.");

    /// <summary>Every method, in the order in which reports list them.</summary>
    public static IReadOnlyList<StudyMethod> All { get; } =
    [
        .. TrainingTargets, ConsensusByLevel, DmiseLike, AmisLike, MajorityVote, LabelSampling, MultiHead,
        MonteCarloDropout, Levels, SoftLabelUNet, FcnLike, DafLike, MrnetLike, FpmLike, StochasticSegmentation, ProbabilisticUNet,
        ConsensusAndRaters,
    ];

    /// <summary>Finds a method by its name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is no such method; the message lists all methods.</exception>
    public static StudyMethod ByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(method => method.Name == name)
            ?? throw new ArgumentException($"There is no method '{name}'; there are {string.Join(", ", All)}.");
    }

    private static StudyMethod Diffusion(
        string name,
        TrainingTarget target,
        string description,
        Conditioning conditioning = Conditioning.Encoder,
        LevelConditioning levelConditioning = LevelConditioning.Channels,
        bool namesRaters = false)
    {
        return new(name, description, (ml, recipe) => ml.Transforms.ConsensusSegment(Options(recipe)), recipe =>
        {
            ConsensusSegmentationEstimator.Options options = Options(recipe);
            Dictionary<string, string> settings = OptionValues.Flatten(
                ("Target", options.Target), ("Network", options.Network), ("Diffusion", options.Diffusion), ("Training", options.Training),
                ("Sampling", options.Sampling));

            // Studies from before this option existed do not name it.
            if (options.NamedRaters)
            {
                settings.Add(nameof(options.NamedRaters), "true");
            }

            return settings;
        })
        {
            IsDiffusion = true,
            RoundsLevels = target != TrainingTarget.SoftLabel,
            SortsMasks = target is TrainingTarget.Annotator or TrainingTarget.AnyAnnotator,
            Plan = Options,
        };

        ConsensusSegmentationEstimator.Options Options(StudyRecipe recipe)
        {
            ConsensusSegmentationEstimator.Options options = recipe.Preset == StudyPreset.Paper
                ? ConsensusSegmentationEstimator.Options.Paper()
                : ConsensusSegmentationEstimator.Options.Compact(target, levelConditioning);
            options.Target = target;
            options.NamedRaters = namesRaters;
            options.Network = options.Network with { Conditioning = conditioning };
            options.Sampling = options.Sampling with { Generations = recipe.Generations ?? options.Sampling.Generations };
            Follow(options, recipe, isRaterLevel: target == TrainingTarget.Annotator);
            return options;
        }
    }

    private static StudyMethod OnePass(string name, UNetKind kind, string description)
    {
        return new(name, description, (ml, recipe) => ml.Transforms.UNetSegment(Options(recipe)), recipe =>
        {
            UNetSegmentationEstimator.Options options = Options(recipe);
            Dictionary<string, string> settings = OptionValues.Flatten(
                ("Kind", options.Kind), ("RoundMaps", options.RoundMaps), ("PassDropout", options.PassDropout),
                ("Network", options.Network), ("Training", options.Training), ("Sampling", options.Sampling));

            // Studies from before these options existed do not name them.
            foreach ((string name, object? own) in new (string, object?)[]
                {
                    ("FullyConvolutional", options.FullyConvolutional), ("FixedPoint", options.FixedPoint),
                })
            {
                if (own is not null)
                {
                    foreach ((string option, string value) in OptionValues.Flatten((name, own)))
                    {
                        settings.Add(option, value);
                    }
                }
            }

            return settings;
        })
        {
            OnePass = kind,

            // The only kind that rounds, where RoundMaps is not set: no method here sets it.
            RoundsLevels = kind == UNetKind.Levels,
            Plan = Options,
        };

        UNetSegmentationEstimator.Options Options(StudyRecipe recipe)
        {
            var options = UNetSegmentationEstimator.Options.Compact(kind);
            options.FullyConvolutional = kind is UNetKind.FullyConvolutional or UNetKind.FixedPoint ? new() : null;
            options.FixedPoint = kind == UNetKind.FixedPoint ? new() : null;
            if (recipe.Preset == StudyPreset.Paper)
            {
                // The paper's own baselines are other networks. The same U-Net with the same number of steps tests the idea alone.
                var paper = ConsensusSegmentationEstimator.Options.Paper();
                options.Network = options.Network with
                {
                    ModelChannels = paper.Network.ModelChannels, ChannelMultipliers = paper.Network.ChannelMultipliers,
                    ResidualBlocks = paper.Network.ResidualBlocks, PatchSize = paper.Network.PatchSize,
                };
                options.Training = options.Training with
                {
                    Optimizer = paper.Training.Optimizer, Steps = paper.Training.Steps, MicroBatchSize = paper.Training.MicroBatchSize,
                };
            }

            Follow(options, recipe, isRaterLevel: kind.LevelsAreRaters());
            return options;
        }
    }

    private static void Follow(SegmentationOptions options, StudyRecipe recipe, bool isRaterLevel)
    {
        // Where a level is a rater, there are as many levels as raters.
        options.Levels = isRaterLevel ? null : recipe.Levels;
        options.MissingRaters = recipe.MissingRaters;
        options.Training = With(options.Training, recipe);
        options.Device = recipe.Device;
        options.Seed = recipe.Seed;
        options.Checkpoints = recipe.Checkpoints;
        options.Progress = recipe.Progress;
        options.Cancellation = recipe.Cancellation;
    }

    private static TrainingOptions With(TrainingOptions training, StudyRecipe recipe)
    {
        TrainingOptions precise = training with
        {
            Precision = recipe.Precision ?? training.Precision,
            ValidationFraction = recipe.IsMeasured ? 0 : recipe.ValidationFraction ?? training.ValidationFraction,
            WarmUpSteps = recipe.IsMeasured ? 0 : training.WarmUpSteps,
        };
        return recipe.Steps is null && recipe.TimeLimit is null
            ? precise
            : precise with { Steps = recipe.Steps, TimeLimit = recipe.TimeLimit };
    }
}
