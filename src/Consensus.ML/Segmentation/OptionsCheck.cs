using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Transforms.Columns;
using TorchSharp;
using static TorchSharp.torch;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation;

/// <summary>Refuses options that cannot work before any work is done; a message names the option, its value and what is allowed.</summary>
internal static class OptionsCheck
{
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(ConsensusSegmentationEstimator.Options options)
    {
        Defined(nameof(options.Target), options.Target);
        Check(Given(nameof(options.Diffusion), options.Diffusion));
        CheckCommon(options, options.Diffusion);
    }

    /// <summary>The same for one-pass U-Nets.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(UNetSegmentationEstimator.Options options)
    {
        Defined(nameof(options.Kind), options.Kind);
        CheckPassDropout(options.PassDropout);
        CheckCommon(options, diffusion: null);
    }

    /// <summary>Checks the probability with which Monte-Carlo dropout drops.</summary>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    public static void CheckPassDropout(double passDropout)
    {
        if (!(passDropout > 0 && passDropout < 1))
        {
            throw Wrong(nameof(UNetSegmentationEstimator.Options.PassDropout), passDropout, "above 0 and below 1");
        }
    }

    private static void CheckCommon(SegmentationOptions options, DiffusionOptions? diffusion)
    {
        CheckColumns(options);
        Defined(nameof(options.MissingRaters), options.MissingRaters);
        if (options.Levels is int levels)
        {
            Range(nameof(options.Levels), levels, 1, SliceLimits.MostRaters, ", or null for the number of raters");
        }

        Check(Given(nameof(options.Network), options.Network));
        Check(nameof(options.Sampling), Given(nameof(options.Sampling), options.Sampling), diffusion?.Steps);
        Check(Given(nameof(options.Training), options.Training), diffusion, options.ValidationSet is not null);
        Check(options.Checkpoints);
        if (options.MemoryLimit is < 0 and long limit)
        {
            throw Wrong(nameof(options.MemoryLimit), limit, "at least 0 bytes, or null for half of the memory");
        }

        if (options.Device is not (null or "cpu" or "cuda")
            && !(options.Device.StartsWith("cuda:", StringComparison.Ordinal)
                && uint.TryParse(options.Device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw Wrong(nameof(options.Device), $"'{options.Device}'", "'cpu', 'cuda' or 'cuda:N' with N the number of the GPU, from 0");
        }
    }

    /// <summary>
    /// Checks how maps are sampled, for a process of <paramref name="diffusionSteps"/> steps; null where there is none, and how many are
    /// taken does not matter.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(string name, SamplingOptions sampling, int? diffusionSteps)
    {
        Range($"{name}.{nameof(sampling.Generations)}", sampling.Generations, 1, 1000);
        if (sampling.Tolerance is double tolerance)
        {
            Positive($"{name}.{nameof(sampling.Tolerance)}", tolerance, ", or null for all generations");
        }

        Defined($"{name}.{nameof(sampling.Sampler)}", sampling.Sampler);
        if (sampling.Steps is int steps && diffusionSteps is int most)
        {
            Range($"{name}.{nameof(sampling.Steps)}", steps, 1, most, " (the model's diffusion steps), or null for all of them");
        }

        Range($"{name}.{nameof(sampling.BatchSize)}", sampling.BatchSize, 1, 4096);
        Defined($"{name}.{nameof(sampling.Precision)}", sampling.Precision);
    }

    /// <summary>Checks that a number format is of use on a device.</summary>
    /// <exception cref="ArgumentException">It is float16, and the device the CPU.</exception>
    public static void CheckDevice(string name, Precision precision, Device device)
    {
        if (precision == Precision.Float16 && device.type == DeviceType.CPU)
        {
            throw Wrong(
                name,
                precision,
                $"{nameof(Precision.BFloat16)} or {nameof(Precision.Float32)} on the CPU, where convolutions in float16 "
                + "take more than a hundred times as long");
        }
    }

    /// <summary>Checks that the network can halve slices of this size as often as it has levels.</summary>
    /// <exception cref="ArgumentException">A side is not a multiple of the network's total reduction.</exception>
    public static void CheckSize(string featuresColumn, int height, int width, NetworkOptions network)
    {
        int levels = network.ChannelMultipliers.Count;
        int factor = network.SideMultiple;
        if (height % factor == 0 && width % factor == 0)
        {
            return;
        }

        int side = height % factor != 0 ? height : width;
        int below = side / factor * factor;
        string nearest = below == 0 ? $"{factor}" : $"{below} or {below + factor}";
        string patches = network.PatchSize is > 1 and int patch
            ? $"patches of {patch}×{patch} pixels "
                + $"({nameof(ConsensusSegmentationEstimator.Options.Network)}.{nameof(network.PatchSize)}) and "
            : "";
        throw new ArgumentException(
            $"Column '{featuresColumn}' holds slices of {height}×{width} pixels (height × width); {patches}the {levels} levels of "
            + $"{nameof(ConsensusSegmentationEstimator.Options.Network)}.{nameof(network.ChannelMultipliers)} "
            + $"{(patches.Length > 0 ? "together divide each side" : $"halve each side {levels - 1} times")}, so it must be a multiple of "
            + $"{factor}: use {nearest} instead of {side} in ResizeSlices.");
    }

    /// <summary>
    /// Checks that the weights of a network fit one file in memory, as models and checkpoints hold them: before they are made, not at
    /// the first checkpoint.
    /// </summary>
    /// <exception cref="ArgumentException">There are too many; the message says how many, and what to make smaller.</exception>
    public static void CheckWeights(WeightLayout layout, NetworkOptions network)
    {
        long bytes = Safetensors.Header(layout.Specs.Select(spec => (spec.Name, spec.Shape))).Length
            + (sizeof(float) * layout.ParameterCount);
        if (bytes <= Array.MaxLength)
        {
            return;
        }

        const string Name = nameof(ConsensusSegmentationEstimator.Options.Network);
        throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture,
            $"The network would have {layout.ParameterCount:N0} weights of {bytes / 1e9:0.00} GB, more than the "
            + $"{Array.MaxLength / 1e9:0.00} GB that a model can have. Make {Name}."
            + $"{nameof(network.ModelChannels)} ({network.ModelChannels}), {Name}.{nameof(network.ChannelMultipliers)} "
            + $"([{string.Join(", ", network.ChannelMultipliers)}]), {Name}.{nameof(network.ResidualBlocks)} ({network.ResidualBlocks}) or "
            + $"the encoder ({Name}.{nameof(network.EncoderBlocks)}, {network.EncoderBlocks}, of width {network.EncoderWidth}) smaller."));
    }

    private static void CheckColumns(SegmentationOptions options)
    {
        ColumnContract.CheckedName(options.FeaturesColumnName, nameof(options.FeaturesColumnName));
        ColumnContract.CheckedName(options.AnnotationsColumnName, nameof(options.AnnotationsColumnName));
        ColumnContract.CheckedName(options.CaseColumnName, nameof(options.CaseColumnName));
        if (options.GroupColumnName is not null)
        {
            ColumnContract.CheckedName(options.GroupColumnName, nameof(options.GroupColumnName));
        }

        ColumnContract.CheckedName(options.ImageColumnName, nameof(options.ImageColumnName));
        ColumnContract.CheckedName(options.ImagePathColumnName, nameof(options.ImagePathColumnName));
        ColumnContract.CheckedName(options.RaterNamesColumnName, nameof(options.RaterNamesColumnName));
        ColumnContract.CheckedName(options.SoftMapColumnName, nameof(options.SoftMapColumnName));
        ColumnContract.CheckedName(options.ConsensusMapsColumnName, nameof(options.ConsensusMapsColumnName));
        ColumnContract.CheckedName(options.UncertaintyColumnName, nameof(options.UncertaintyColumnName));
        ColumnContract.CheckedName(options.SamplesColumnName, nameof(options.SamplesColumnName));
        CheckOutputs(
            [options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName, options.SamplesColumnName]);
    }

    /// <summary>Checks that the output columns differ.</summary>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public static void CheckOutputs(string[] outputs)
    {
        if (outputs.Distinct().Count() < outputs.Length)
        {
            throw new ArgumentException(
                $"The output columns are '{outputs[0]}', '{outputs[1]}', '{outputs[2]}' and '{outputs[3]}'; they must differ.");
        }
    }

    /// <summary>Checks the shape of a network.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(NetworkOptions network)
    {
        const string Name = nameof(ConsensusSegmentationEstimator.Options.Network) + ".";
        if (network.ModelChannels is < 32 or > 4096 || network.ModelChannels % 32 != 0)
        {
            throw Wrong(Name + nameof(network.ModelChannels), network.ModelChannels, "a multiple of 32, from 32 to 4096");
        }

        string multipliers = Name + nameof(network.ChannelMultipliers);
        Given(multipliers, network.ChannelMultipliers);
        if (network.ChannelMultipliers.Count is < 1 or > 12 || network.ChannelMultipliers.Any(multiplier => multiplier is < 1 or > 64))
        {
            throw Wrong(multipliers, Listed(network.ChannelMultipliers), "1 to 12 numbers from 1 to 64");
        }

        if (network.PatchSize is not (null or 1 or 2 or 4 or 8))
        {
            throw Wrong(Name + nameof(network.PatchSize), network.PatchSize, "1, 2, 4 or 8, or null to choose by the size of the slices");
        }

        Range(Name + nameof(network.ResidualBlocks), network.ResidualBlocks, 1, 64);
        Given(Name + nameof(network.AttentionResolutions), network.AttentionResolutions);
        if (network.AttentionResolutions.Any(side => side < 1))
        {
            throw Wrong(Name + nameof(network.AttentionResolutions), Listed(network.AttentionResolutions), "sides of at least 1 pixel");
        }

        // The deepest level always has attention; the others may.
        int heads = network.AttentionHeads;
        if (heads < 1 || network.ChannelMultipliers.Any(multiplier => multiplier * network.ModelChannels % heads != 0))
        {
            throw Wrong(
                Name + nameof(network.AttentionHeads),
                heads,
                "at least 1 and divide the channels of every level "
                + $"({string.Join(", ", network.ChannelMultipliers.Select(multiplier => multiplier * network.ModelChannels))})");
        }

        Defined(Name + nameof(network.Conditioning), network.Conditioning);
        Defined(Name + nameof(network.LevelConditioning), network.LevelConditioning);
        Range(Name + nameof(network.EncoderBlocks), network.EncoderBlocks, 1, 256);
        Range(Name + nameof(network.EncoderWidth), network.EncoderWidth, 1, 4096);
        Range(Name + nameof(network.EncoderGrowth), network.EncoderGrowth, 1, 4096);
        if (!(network.Dropout >= 0 && network.Dropout < 1))
        {
            throw Wrong(Name + nameof(network.Dropout), network.Dropout, "at least 0 and below 1");
        }
    }

    /// <summary>Checks the diffusion process.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(DiffusionOptions diffusion)
    {
        const string Name = nameof(ConsensusSegmentationEstimator.Options.Diffusion) + ".";
        Range(Name + nameof(diffusion.Steps), diffusion.Steps, 2, 4000);
        Defined(Name + nameof(diffusion.Schedule), diffusion.Schedule);
        Defined(Name + nameof(diffusion.Prediction), diffusion.Prediction);
    }

    /// <summary>
    /// Checks how a network is trained; <paramref name="diffusion"/> is null where it does not diffuse. Without a validation set, cases
    /// must be set aside for what needs validations.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(TrainingOptions training, DiffusionOptions? diffusion, bool hasValidationSet)
    {
        const string Name = nameof(ConsensusSegmentationEstimator.Options.Training) + ".";
        if (training.Steps is null && training.TimeLimit is null)
        {
            throw new ArgumentException(
                $"{Name}{nameof(training.Steps)} and {Name}{nameof(training.TimeLimit)} are both null; at least one must end the run.");
        }

        if (training.Steps is int steps)
        {
            Range(Name + nameof(training.Steps), steps, 1, int.MaxValue, ", or null for no limit of its own");
        }

        if (training.TimeLimit is TimeSpan limit && limit <= TimeSpan.Zero)
        {
            throw Wrong(Name + nameof(training.TimeLimit), limit, "above zero, or null for no limit");
        }

        Range(Name + nameof(training.BatchSize), training.BatchSize, 1, int.MaxValue);
        if (training.MicroBatchSize is int micro)
        {
            Range(Name + nameof(training.MicroBatchSize), micro, 1, int.MaxValue, ", or null for the whole batch");
        }

        Range(Name + nameof(training.PairsPerImage), training.PairsPerImage, 1, int.MaxValue);
        if (!(training.TimePower >= 0 && training.TimePower <= 100))
        {
            throw Wrong(Name + nameof(training.TimePower), training.TimePower, "from 0 to 100");
        }

        Positive(Name + nameof(training.LearningRate), training.LearningRate);
        NotNegative(Name + nameof(training.WeightDecay), training.WeightDecay);
        Range(Name + nameof(training.WarmUpSteps), training.WarmUpSteps, 0, int.MaxValue);
        if (training.GradientClipping is double norm)
        {
            Positive(Name + nameof(training.GradientClipping), norm, ", or null for none");
        }

        if (training.UpdateClipping is double root)
        {
            Positive(Name + nameof(training.UpdateClipping), root, ", or null for none");
        }

        if (!(training.EmaDecay >= 0 && training.EmaDecay < 1))
        {
            throw Wrong(Name + nameof(training.EmaDecay), training.EmaDecay, "at least 0 and below 1");
        }

        NotNegative(Name + nameof(training.DiceLossWeight), training.DiceLossWeight);
        if (training.DiceLossWeight > 0 && diffusion?.Prediction is PredictionType.Epsilon or PredictionType.Velocity)
        {
            throw Wrong(
                Name + nameof(training.DiceLossWeight),
                training.DiceLossWeight,
                $"0 when the network does not predict x_0 (Diffusion.{nameof(diffusion.Prediction)} is {diffusion.Prediction})");
        }

        if (training.MinSnrGamma is double gamma)
        {
            Positive(Name + nameof(training.MinSnrGamma), gamma, ", or null for equal weights");
        }

        Defined(Name + nameof(training.Precision), training.Precision);
        if (!(training.ValidationFraction >= 0 && training.ValidationFraction <= 0.5))
        {
            throw Wrong(Name + nameof(training.ValidationFraction), training.ValidationFraction, "from 0 to 0.5");
        }

        Range(Name + nameof(training.Validations), training.Validations, 1, int.MaxValue);
        if (training.Patience is int patience)
        {
            Range(Name + nameof(training.Patience), patience, 1, int.MaxValue, ", or null for never");
            if (training.ValidationFraction == 0 && !hasValidationSet)
            {
                throw Wrong(
                    Name + nameof(training.Patience),
                    patience,
                    $"null when no case is set aside to validate on ({nameof(training.ValidationFraction)} is 0)");
            }
        }

        Check(
            Name + nameof(training.ValidationSampling),
            Given(Name + nameof(training.ValidationSampling), training.ValidationSampling),
            diffusion?.Steps);
        if (training.Threads is int threads)
        {
            Range(Name + nameof(training.Threads), threads, 1, 4096, ", or null for torch's own choice");
        }
    }

    private static void Check(CheckpointOptions? checkpoints)
    {
        const string Name = nameof(ConsensusSegmentationEstimator.Options.Checkpoints) + ".";
        if (checkpoints is null)
        {
            return;
        }

        if (string.IsNullOrWhiteSpace(checkpoints.Folder))
        {
            throw new ArgumentException($"{Name}{nameof(checkpoints.Folder)} is empty; it must name a folder.");
        }

        if (checkpoints.EverySteps is int steps)
        {
            Range(Name + nameof(checkpoints.EverySteps), steps, 1, int.MaxValue, ", or null for none by steps");
        }

        if (checkpoints.Interval is TimeSpan interval && interval <= TimeSpan.Zero)
        {
            throw Wrong(Name + nameof(checkpoints.Interval), interval, "above zero, or null for none by time");
        }
    }

    private static string Listed(IEnumerable<int> values) =>
        $"[{string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)))}]";
}
