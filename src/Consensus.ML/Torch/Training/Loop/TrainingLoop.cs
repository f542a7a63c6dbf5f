using System.Globalization;
using System.Security.Cryptography;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>The training loop; it works on tensors, not on data views.</summary>
/// <param name="createObjective">Makes the model and the loss to train with, from the seed of a network; a run disposes it.</param>
/// <param name="options">How to train.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random: initial weights, split, batches, augmentation, times, noise.</param>
/// <param name="device">Where to train.</param>
/// <typeparam name="TModel">The trained model.</typeparam>
internal sealed class TrainingLoop<TModel>(
    Func<int, ITrainingObjective<TModel>> createObjective,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    Device device)
    where TModel : SegmentationModel
{
    // Several members meet after this time: to show progress, to look for free processors, to end in time.
    private static readonly TimeSpan BetweenMeetings = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The weights that each member begins with, as a safetensors file with the published names; null for seeded initial weights.
    /// </summary>
    public IReadOnlyList<byte[]>? StartFrom { get; init; }

    /// <summary>
    /// Number of networks to train side by side, at least 1. Their seeds follow one another. The model averages them, and validations judge
    /// them together.
    /// </summary>
    public int Members { get; init; } = 1;

    /// <summary>
    /// The processes that train together. All give the same cases and options, and the first alone has <see cref="Checkpoints"/>.
    /// </summary>
    public ICollective Processes { get; init; } = OneProcess.Instance;

    /// <summary>Where the run is saved and resumed from; null for none.</summary>
    public CheckpointFolder? Checkpoints { get; init; }

    /// <summary>
    /// Whether to train as on a GPU, where the host takes the loss of a step after it has queued the next; null: on a GPU.
    /// </summary>
    public bool? OnDevice { get; init; }

    /// <summary>The cases that choose the best weights; null to set some of the training cases aside, in whole groups.</summary>
    public IReadOnlyList<TrainingCase>? Validation { get; init; }

    /// <summary>Trains; when cancelled, returns the best model so far.</summary>
    /// <param name="cases">All training cases.</param>
    /// <param name="progress">Receives the progress after every step; may be null.</param>
    /// <param name="log">Receives notable events, one line each; may be null.</param>
    /// <param name="cancellation">Ends the run early, between two steps or within a validation.</param>
    /// <exception cref="InvalidDataException">
    /// The weights to start from, or the checkpoint to resume, do not belong to this run; the message says why.
    /// </exception>
    /// <exception cref="InvalidOperationException">The loss became NaN or infinite; the message says at which step.</exception>
    /// <exception cref="OperationCanceledException">
    /// The run was cancelled before its first step was done: there is no trained model to return.
    /// </exception>
    public (TModel Model, TrainingHistory History) Train(
        IReadOnlyList<TrainingCase> cases,
        IProgress<TrainingProgress>? progress,
        Action<string>? log,
        CancellationToken cancellation)
    {
        Processes.Meet();
        using var threads = TrainingThreads.Take(options, Processes);
        using GpuFlags? flags = GpuFlags.Use(device, sameShapes: true);
        (IReadOnlyList<TrainingCase> training, IReadOnlyList<TrainingCase> validation) = Validation is null
            ? Split(cases)
            : (cases, Validation);
        log?.Invoke($"Training on {Counted(training)}; " + (Validation, validation.Count) switch
        {
            (null, 0) => "none are set aside, and the last weights are kept.",
            (null, _) => $"{Counted(validation, noun: "")} set aside to choose the best weights by.",
            _ => $"the best weights are chosen by {Counted(validation)} of the validation set.",
        });

        Precision precision = ProcessorFormats.Effective(options.Precision, device);
        if (precision != options.Precision)
        {
            log?.Invoke(ProcessorFormats.WhyNotBFloat16);
        }

        if (Members > 1)
        {
            log?.Invoke($"{Members} networks are trained side by side, with {TrainingThreads.ForEach(Members)} threads each.");
        }

        using TrainingMembers<TModel> members = Processes.Together(() => CreateMembers(training, precision));
        using var state = new TrainingState();
        TrainingFingerprint? fingerprint = Checkpoints is null && Processes.Size == 1 ? null : Processes.Together(() =>
            TrainingFingerprint.Compute(
                members.Objective.Description, options, augmentation, padding, seed, HashOf(StartFrom), cases, Validation, Members));
        if (Processes.Size > 1)
        {
            SharedState.EnsureSame(Processes, fingerprint!, device.type);
            string? sums = Processes.Prepare(device);
            log?.Invoke(
                $"{Processes.Size} processes share the {options.BatchSize} images of each step. This is process {Processes.Rank}, with "
                + $"{TorchThreads.Current} threads.{(sums is null ? "" : $" {sums}")}");
        }

        if (SharedState.Resume(
            Processes, () => Checkpoints?.TryResume(fingerprint!, members.Optimizers, state) == true, members.Optimizers, state))
        {
            log?.Invoke(state.Finished
                ? $"The run had ended after {members.Steps} steps: its model is given again."
                : $"Training goes on from the checkpoint of step {members.Steps}.");
        }

        var clock = new RunClock(options, state.Elapsed);
        bool cancelled = false;
        try
        {
            if (!state.Finished)
            {
                // If an interruption stopped a validation, that validation comes first.
                clock.Agree(Processes);
                ValidateWhenDue();
                while (!clock.IsOver(members.Steps, reserve: state.SlowestValidation)
                    && !EarlyStopping.IsDue(options.Patience, state.Points))
                {
                    Processes.Together(cancellation.ThrowIfCancellationRequested);
                    threads.Adapt();
                    members.TorchThreads = TrainingThreads.ForEach(Members);
                    int first = members.Steps;
                    var losses = new Queue<double>(members.Take(NextBlock()));
                    clock.Agree(Processes);
                    for (int step = first + 1; step <= members.Steps; step++)
                    {
                        if (losses.TryDequeue(out double loss))
                        {
                            state.AddLoss(loss);
                        }

                        if (step == members.Steps)
                        {
                            EndBlock();
                        }

                        Report(step, clock.Fraction(step), clock.Remaining(step));
                    }
                }

                if (validation.Count > 0 && (state.Points.Count == 0 || state.Points[^1].Step != members.Steps))
                {
                    Validate();
                }
            }
        }
        catch (OperationCanceledException exception) when (cancellation.IsCancellationRequested || exception.IsCommon())
        {
            if (members.Steps == 0)
            {
                throw new OperationCanceledException(
                    "Training was cancelled before its first step was done; there is no model.", exception, cancellation);
            }

            cancelled = true;
            log?.Invoke($"Training was cancelled after {members.Steps} steps; the best weights so far are kept.");
        }

        Conclude();
        Report(members.Steps, 1, TimeSpan.Zero);
        var history = new TrainingHistory(
            members.Steps, state.BestStep, state.BestScore, state.Elapsed.TotalSeconds, training.Count,
            validation.Count, cancelled, state.Points);
        return (members.CreateModel(state.TakeBest()), history);

        // A block ends wherever something is due, so that it makes no difference to the result how long blocks are.
        StepBlock NextBlock()
        {
            TimeSpan end = clock.Elapsed + (Members > 1 ? BetweenMeetings : TimeSpan.Zero);
            return new(members.Steps, IsEnd, step => LearningRate(step, clock.Fraction(step)));

            bool IsEnd(int steps) =>
                clock.Elapsed >= end
                || cancellation.IsCancellationRequested
                || clock.IsOver(steps, reserve: state.SlowestValidation)
                || IsValidationDue(steps)
                || Checkpoints?.IsDue(steps, clock.Elapsed) == true;
        }

        void EndBlock()
        {
            // A GPU's losses come a step late; the first is waited for, so that every report has one.
            if (double.IsNaN(state.Loss))
            {
                Settle();
            }

            ValidateWhenDue();
            if (Checkpoints is not null)
            {
                state.Elapsed = clock.Elapsed;
                if (Checkpoints.IsDue(members.Steps, state.Elapsed))
                {
                    Settle();
                    members.EnsureFinite();
                }

                Checkpoints.SaveWhenDue(fingerprint!, members.Optimizers, state);
            }
        }

        // Waits for the last step. Before that, nobody knows whether its loss and its gradient are numbers.
        void Settle()
        {
            foreach (double loss in members.TakeRest())
            {
                state.AddLoss(loss);
            }
        }

        int ValidationsDue(int steps) => (int)(clock.Fraction(steps) * options.Validations);

        bool IsValidationDue(int steps) =>
            steps > 0
            && validation.Count > 0
            && state.ScheduledValidations < ValidationsDue(steps)
            && state.ScheduledValidations < options.Validations - 1;

        void ValidateWhenDue()
        {
            int due = ValidationsDue(members.Steps);
            if (IsValidationDue(members.Steps))
            {
                Validate();
                state.ScheduledValidations = due;
            }
        }

        void Validate()
        {
            TimeSpan before = clock.Elapsed;
            Processes.Together(() =>
            {
                Settle();
                members.EnsureFinite();
            });
            Align();
            double score = Score();
            clock.Agree(Processes);
            bool best = state.AddValidation(members.Steps, clock.Elapsed, score, members.Averages);
            state.SlowestValidation = Math.Max(state.SlowestValidation, (clock.Elapsed - before).TotalSeconds);
            log?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"Step {members.Steps}: loss {state.Loss:F4}, validation soft Dice {score:F4}{(best ? " (best so far)" : "")}."));
        }

        // The moving averages of all members are judged together.
        double Score()
        {
            using TModel model = members.CreateModel([.. members.Averages.Select(weights => weights.Clone())]);
            return new ValidationScore(validation, options.ValidationSampling, augmentation, seed) { Processes = Processes }
                .Compute(model, cancellation);
        }

        // Processors that round differently make the weights of the processes drift apart.
        void Align()
        {
            if (Processes.Size > 1 && SharedState.Align(Processes, members.Optimizers) is > 0 and int differing)
            {
                log?.Invoke(
                    $"Step {members.Steps}: in {differing} of {Processes.Size} processes the weights had other roundings than in the first "
                    + "one, as on other processors; all go on with those of the first.");
            }
        }

        // The last checkpoint of a cancelled run lets it go on; the last checkpoint of a finished run holds its result.
        void Conclude()
        {
            if (state.Finished)
            {
                return;
            }

            Settle();
            state.Elapsed = clock.Elapsed;
            if (!cancelled)
            {
                if (clock.Fraction(members.Steps) < 1 && EarlyStopping.IsDue(options.Patience, state.Points))
                {
                    log?.Invoke(
                        $"Training ended early, after {members.Steps} steps: the last {options.Patience} "
                        + "validations brought nothing better.");
                }

                KeepAtLeastTheLast();
                state.Finish();
            }

            if (Checkpoints is not null && members.Steps > 0)
            {
                Checkpoints.Save(fingerprint!, members.Optimizers, state);
            }

            KeepAtLeastTheLast();
        }

        void KeepAtLeastTheLast()
        {
            if (state.Best is null)
            {
                members.EnsureFinite();
                state.Keep(members.Averages, members.Steps);
            }
        }

        void Report(int step, double fraction, TimeSpan remaining) =>
            progress?.Report(new(step, fraction, state.Loss, state.LatestScore, state.BestScore, clock.Elapsed, remaining));
    }

    // All members that begin with the same weights hold the same array.
    private static string? HashOf(IReadOnlyList<byte[]>? weights) => weights is null
        ? null
        : string.Join(' ', weights.Distinct().Select(file => Convert.ToHexStringLower(SHA256.HashData(file))));

    private TrainingMembers<TModel> CreateMembers(IReadOnlyList<TrainingCase> training, Precision precision)
    {
        if (options.BatchSize < Processes.Size)
        {
            throw new ArgumentException(
                $"A step has {options.BatchSize} images (Training.{nameof(options.BatchSize)}), and {Processes.Size} processes were "
                + $"started: each needs an image of every step, so there may be at most {options.BatchSize} processes.");
        }

        var members = new TrainingMembers<TModel>(
            Members, createObjective, InitialWeights, options with { Precision = precision }, seed, device,
            TrainingThreads.ForEach(Members), Processes, OnDevice);
        members.Begin(training);
        return members;
    }

    private WeightSet InitialWeights(int member, WeightLayout layout) => StartFrom is null
        ? WeightSet.Initialize(layout, device, SeededRandom.OfMember(seed, member))
        : Checkpoint.Read(layout, StartFrom[member], device);

    private double LearningRate(int step, double fraction)
    {
        double warm = options.WarmUpSteps > 0 ? Math.Min(1, (step + 1.0) / options.WarmUpSteps) : 1;
        double decay = options.CosineDecay ? 0.5 * (1 + Math.Cos(Math.PI * Math.Min(fraction, 1))) : 1;
        return options.LearningRate * warm * decay;
    }

    /// <summary>The number of cases, and the number of their groups if it differs.</summary>
    private static string Counted(IReadOnlyList<TrainingCase> cases, string noun = " cases")
    {
        int groups = TrainingCase.Groups(cases);
        return $"{cases.Count}{noun}{(groups == cases.Count ? "" : $" of {groups} {(groups == 1 ? "group" : "groups")}")}";
    }

    private (List<TrainingCase> Training, List<TrainingCase> Validation) Split(IReadOnlyList<TrainingCase> cases)
    {
        double share = options.ShareSetAside(TrainingCase.Groups(cases), onGpu: device.type != DeviceType.CPU);
        int count = share > 0 && cases.Count > 1 ? Math.Max(1, (int)Math.Round(share * cases.Count)) : 0;
        bool[] aside = CaseFolds.SetAside([.. cases.Select(one => one.Group)], count, SeededRandom.At(seed, SeededRandom.Purpose.Split, 0));
        return (cases.Where((_, i) => !aside[i]).ToList(), cases.Where((_, i) => aside[i]).ToList());
    }
}
