using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Collectives;
using Microsoft.ML;

namespace Consensus.ML.Cli.Training;

/// <summary>The model that the options of <c>consensus train</c> describe, before its cases are read.</summary>
internal sealed class TrainingPlan
{
    private readonly TrainArguments _arguments;
    private readonly ParseResult _parsed;
    private readonly LoadedModel? _start;
    private readonly SegmentationOptions _options;
    private int? _side;

    private TrainingPlan(TrainArguments arguments, ParseResult parsed, LoadedModel? start, SegmentationOptions options)
    {
        _arguments = arguments;
        _parsed = parsed;
        _start = start;
        _options = options;
        _side = parsed.GetValue(arguments.Size)
            ?? start?.Segmentation.Height
            ?? (parsed.GetValue(arguments.Preset) == TrainingPreset.Paper ? 256 : null);
        if (_side is int side)
        {
            NetworkArguments.EnsureSideFits(side, options.Network);
        }
    }

    /// <summary>Whether the options say nothing about the side of the slices, so that the cases decide it.</summary>
    public bool TakesAnySide => _side is null;

    /// <summary>Side of the slices, in pixels.</summary>
    /// <exception cref="InvalidOperationException">It was not chosen yet.</exception>
    public int Side
    {
        get => _side ?? throw new InvalidOperationException("The side of the slices was not chosen.");
        set
        {
            NetworkArguments.EnsureSideFits(value, _options.Network);
            _side = value;
        }
    }

    /// <summary>Number of networks to train side by side; known once the trainer was made.</summary>
    public int Members => _options.Members;

    /// <summary>Whether several networks are trained though no option says so.</summary>
    public bool ChoseMembers => Members > 1 && _start is null && _parsed.GetValue(_arguments.Members) is null;

    /// <summary>What the model learns, for the user.</summary>
    public string Learned => _options switch
    {
        UNetSegmentationEstimator.Options unet => $"{Spelling.Write(unet.Kind)} in one pass",
        _ => $"target {Spelling.Write(Diffusion.Target)}{(Diffusion.NamedRaters ? " and each rater by name" : "")}",
    };

    /// <summary>
    /// Whether training keeps the last weights because the cases are few and it is short, and not because an option says so. Known once the
    /// trainer was made.
    /// </summary>
    public bool TrainsOnAllOfFew(CaseSource source, bool onGpu) =>
        _options.Training is { ValidationFraction: null } training && training.ShareSetAside(source.Groups, onGpu) == 0;

    private ConsensusSegmentationEstimator.Options Diffusion => (ConsensusSegmentationEstimator.Options)_options;

    /// <summary>Makes the plan.</summary>
    /// <param name="arguments">The options of the command.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="start">The model to train further; null for a new model.</param>
    /// <exception cref="UsageException">Options do not go together, or the size does not fit the network.</exception>
    public static TrainingPlan FromArguments(TrainArguments arguments, ParseResult parsed, LoadedModel? start)
    {
        TrainingMethod method = start is null
            ? parsed.GetValue(arguments.Method) ?? default
            : new((start.Segmentation as UNetSegmentationTransformer)?.Kind);
        if (start is not null && parsed.GetValue(arguments.Method) is { } asked && asked != method)
        {
            throw new UsageException(
                $"--method {asked.Name} does not go with --from: that model's method is {method.Name}, and is trained further as that.");
        }

        Option[] ofDiffusion =
        [
            arguments.Preset, arguments.Target, arguments.NamedRaters, arguments.LevelConditioning, arguments.Coordinates,
        ];
        if (method.OnePass is not null
            && ofDiffusion.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
        {
            throw new UsageException($"{other.Name} is for the method consensus; it does not go with the method {method.Name}.");
        }

        if (parsed.GetValue(arguments.ValidationFraction) is double share)
        {
            if (parsed.GetValue(arguments.ValidationSplit) is { } split)
            {
                throw new UsageException(
                    $"{arguments.ValidationFraction.Name} and {arguments.ValidationSplit.Name} {split} both say which cases choose the "
                    + "best weights: give one of them.");
            }

            if (share == 0 && parsed.GetValue(arguments.Patience) is int patience)
            {
                throw new UsageException(
                    $"{arguments.Patience.Name} {patience} counts validations, and with {arguments.ValidationFraction.Name} 0 there are "
                    + "none.");
            }
        }

        if (start?.Segmentation.Members is int there and > 1 && parsed.GetValue(arguments.Members) is int members && members != there)
        {
            throw new UsageException(
                $"{arguments.Members.Name} {members} does not go with --from: that model is an ensemble of {there}, and each of its "
                + $"networks is trained further. Give {there}, or leave {arguments.Members.Name} out.");
        }

        return new(arguments, parsed, start, method.OnePass is { } kind
            ? OnePass(arguments, parsed, start, kind)
            : ByDiffusion(arguments, parsed, start));
    }

    /// <summary>Takes over the structures of the cases, and refuses several where the model can learn only one.</summary>
    /// <exception cref="UsageException">The method or the target learns one structure, or no named raters.</exception>
    public void EnsureFits(CaseSource source)
    {
        if (source.Structures.Count > 0 && _options is UNetSegmentationEstimator.Options unet)
        {
            throw new UsageException(
                $"--task names {source.Structures.Count} tasks, and a {Spelling.Write(unet.Kind)} U-Net learns one: use the method "
                + "consensus, or train a model for each task.");
        }

        if (_options is not ConsensusSegmentationEstimator.Options options)
        {
            return;
        }

        options.Structures = [.. source.Structures.Select(each => each.Structure!)];
        if (options.Target != TrainingTarget.Consensus && (options.Structures.Count > 0 || options.NamedRaters))
        {
            throw new UsageException(
                $"The target {Spelling.Write(options.Target)} learns one structure without named raters; use the target consensus.");
        }
    }

    /// <summary>Makes the trainer for the training cases.</summary>
    public IEstimator<ITransformer> CreateTrainer(
        MLContext ml,
        CaseSource source,
        TrainingProcesses? processes,
        IProgress<TrainingProgress> progress,
        CancellationToken cancellation)
    {
        _options.Training = _arguments.ReadTraining(_parsed, _options.Training);
        _options.MissingRaters = source.MissingRaters;
        _options.Levels = Levels(source);
        _options.Members = _parsed.GetValue(_arguments.Members)
            ?? (_start is null ? MemberChoice.Count(_options, Side, source.Groups, Cores(ml, processes)) : _options.Members);
        _options.Processes = processes;
        _options.Seed = _parsed.GetValue(_arguments.Seed) ?? 0;
        _options.Checkpoints = _arguments.Checkpoints.Read(_parsed);
        _options.MemoryLimit = _parsed.GetValue(_arguments.Memory) is int megabytes ? megabytes * 1_000_000L : null;
        _options.Progress = progress;
        _options.Cancellation = cancellation;
        return _options is UNetSegmentationEstimator.Options unet
            ? ml.Transforms.UNetSegment(unet)
            : ml.Transforms.ConsensusSegment(Diffusion);
    }

    /// <summary>Cores of the CPU that training may use; none where a GPU trains, or several processes.</summary>
    private int Cores(MLContext ml, TrainingProcesses? processes) => processes is null && ml.GpuDeviceId is null
        ? Math.Min(Environment.ProcessorCount, _options.Training.Threads ?? RuntimeInfo.Collect(ml).Threads)
        : 0;

    private static UNetSegmentationEstimator.Options OnePass(
        TrainArguments arguments,
        ParseResult parsed,
        LoadedModel? start,
        UNetKind kind)
    {
        UNetSegmentationEstimator.Options options = start is null
            ? UNetSegmentationEstimator.Options.Compact(kind)
            : UNetSegmentationEstimator.Options.ContinueFrom(start.Segmentation);
        options.Network = options.Network with { PatchSize = parsed.GetValue(arguments.PatchSize) ?? options.Network.PatchSize };
        return options;
    }

    private static ConsensusSegmentationEstimator.Options ByDiffusion(TrainArguments arguments, ParseResult parsed, LoadedModel? start)
    {
        ConsensusSegmentationEstimator.Options? further =
            start is null ? null : ConsensusSegmentationEstimator.Options.ContinueFrom(start.Segmentation);
        TrainingPreset? preset = parsed.GetValue(arguments.Preset);
        TrainingTarget target = parsed.GetValue(arguments.Target) ?? further?.Target ?? TrainingTarget.Consensus;
        LevelConditioning? conditioning = parsed.GetValue(arguments.LevelConditioning) ?? further?.Network.LevelConditioning;
        ConsensusSegmentationEstimator.Options recipe = preset == TrainingPreset.Paper
            ? ConsensusSegmentationEstimator.Options.Paper()
            : ConsensusSegmentationEstimator.Options.Compact(target, conditioning ?? LevelConditioning.Channels);
        ConsensusSegmentationEstimator.Options options = further ?? recipe;
        options.Target = target;
        options.NamedRaters |= parsed.GetValue(arguments.NamedRaters);
        options.Network = options.Network with
        {
            LevelConditioning = conditioning ?? options.Network.LevelConditioning,
            EncoderCoordinates = parsed.GetValue(arguments.Coordinates) is { } told
                ? told == Switch.On
                : options.Network.EncoderCoordinates,
            PatchSize = parsed.GetValue(arguments.PatchSize) ?? options.Network.PatchSize,
        };
        if (preset is not null)
        {
            options.Training = recipe.Training;
        }

        return options;
    }

    // Where each level is a rater, the cases decide how many levels there are. Where a level is a share of raters, any number of levels is
    // possible: a model that is trained further keeps its own number.
    private int? Levels(CaseSource source) => _options switch
    {
        UNetSegmentationEstimator.Options unet when unet.Kind.LevelsAreRaters() => null,
        ConsensusSegmentationEstimator.Options { Target: TrainingTarget.Annotator } => null,
        _ when source.Structures.Count > 0 => null,
        _ when _start is not null && source.MissingRaters == MissingRaters.Fraction => _start.Segmentation.Levels,
        _ => source.Raters,
    };
}
