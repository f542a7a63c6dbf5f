using System.Diagnostics;
using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Labels;
using Consensus.ML.Networks;
using Consensus.ML.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Training;

/// <summary>The training loop: knows tensors, not data views.</summary>
/// <param name="description">The model to train.</param>
/// <param name="options">How.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">What comes in from outside when a slice is moved, one value a channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random: initial weights, split, batches, augmentation, times, noise.</param>
/// <param name="device">Where to train.</param>
internal sealed class ConsensusTrainer(ModelDescription description, TrainingOptions options, AugmentationPolicy? augmentation, IReadOnlyList<float> padding, int seed, Device device)
{
    // The loss that is shown forgets half of itself in about 35 steps.
    private const double LossSmoothing = 0.98;

    /// <summary>Trains; when cancelled, returns the best model so far.</summary>
    /// <param name="cases">All training cases; some are set aside for validation.</param>
    /// <param name="progress">Told after every step; may be null.</param>
    /// <param name="log">Told of notable events, one line each; may be null.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="InvalidOperationException">The loss became NaN or infinite; the message says at which step.</exception>
    public (ConsensusModel Model, TrainingHistory History) Train(IReadOnlyList<TrainingCase> cases, IProgress<TrainingProgress>? progress, Action<string>? log, CancellationToken cancellation)
    {
        NativeTorch.EnsureLoaded();
        if (options.Threads is int threads)
        {
            set_num_threads(threads);
        }

        (List<TrainingCase> training, List<TrainingCase> validation) = Split(cases);
        log?.Invoke($"Training on {training.Count} cases; {validation.Count} set aside to choose the best weights by.");

        ConsensusNetwork network = description.CreateNetwork();
        using var optimizer = new Optimizer(WeightSet.Initialize(network.Layout, device, seed), options);
        using var process = new DiffusionProcess(description.Diffusion, NoiseSchedule.Create(description.Diffusion.Schedule, description.Diffusion.Steps), device);
        var batches = new BatchSource(description, options, augmentation, padding, seed, training);
        var clock = new RunClock(options);
        WeightSet? best = null;
        try
        {
            var points = new List<ValidationPoint>();
            double loss = double.NaN, slowestValidation = 0;
            int bestStep = 0, validations = 0;
            bool cancelled = false;
            while (!clock.IsOver(optimizer.Steps, reserve: slowestValidation))
            {
                if (cancellation.IsCancellationRequested)
                {
                    cancelled = true;
                    log?.Invoke($"Training was cancelled after {optimizer.Steps} steps; the best weights so far are kept.");
                    break;
                }

                double current = TrainStep(network, optimizer, process, batches, clock.Fraction(optimizer.Steps));
                loss = double.IsNaN(loss) ? current : (LossSmoothing * loss) + ((1 - LossSmoothing) * current);
                double fraction = clock.Fraction(optimizer.Steps);
                if (validation.Count > 0 && validations < (int)(fraction * options.Validations) && validations < options.Validations - 1)
                {
                    validations = (int)(fraction * options.Validations);
                    slowestValidation = Math.Max(slowestValidation, Validate());
                }

                progress?.Report(new(optimizer.Steps, fraction, loss, points.Count > 0 ? points[^1].SoftDice : null, points.Count > 0 ? points.Max(point => point.SoftDice) : null, clock.Elapsed, clock.Remaining(optimizer.Steps)));
            }

            // The last weights are validated too, unless the user is waiting for the run to end.
            if (validation.Count > 0 && !cancelled && (points.Count == 0 || points[^1].Step != optimizer.Steps))
            {
                Validate();
            }

            if (best is null)
            {
                best = optimizer.Average.Clone();
                bestStep = optimizer.Steps;
            }

            var history = new TrainingHistory(optimizer.Steps, bestStep, points.Count > 0 ? points.Max(point => point.SoftDice) : null, clock.Elapsed.TotalSeconds, training.Count, validation.Count, cancelled, points);
            progress?.Report(new(optimizer.Steps, 1, loss, points.Count > 0 ? points[^1].SoftDice : null, history.BestValidationScore, clock.Elapsed, TimeSpan.Zero));
            ConsensusModel model = ConsensusModel.FromWeights(description, network, best, device);
            best = null;
            return (model, history);

            double Validate()
            {
                double before = clock.Elapsed.TotalSeconds;
                double score = Score(network, optimizer.Average, validation);
                if (points.Count == 0 || score >= points.Max(point => point.SoftDice))
                {
                    best?.Dispose();
                    best = optimizer.Average.Clone();
                    bestStep = optimizer.Steps;
                }

                points.Add(new(optimizer.Steps, loss, score));
                log?.Invoke($"Step {optimizer.Steps}: loss {loss:F4}, validation soft Dice {score:F4}{(bestStep == optimizer.Steps ? " (best so far)" : "")}.");
                return clock.Elapsed.TotalSeconds - before;
            }
        }
        finally
        {
            best?.Dispose();
        }
    }

    /// <summary>One optimizer step; returns its loss.</summary>
    private double TrainStep(ConsensusNetwork network, Optimizer optimizer, DiffusionProcess process, BatchSource batches, double fraction)
    {
        using var scope = NewDisposeScope();
        TrainingBatch batch = batches.Draw(optimizer.Steps, device);
        using var generator = new Generator(SeededRandom.Seed(seed, SeededRandom.Purpose.Noise, optimizer.Steps), device);
        Tensor noise = randn(batch.Starts.shape, device: device, generator: generator);
        Tensor current = process.AddNoise(batch.Starts, batch.Steps, noise);
        var context = new ForwardContext(optimizer.Leaves, Training: true) { Dropout = description.Network.Dropout };

        optimizer.ZeroGradients();
        Tensor features = network.EncodeImage(context, batch.Images);
        Tensor output = network.Forward(context, current, features, process.NetworkTimes(batch.Steps), batch.Levels);
        Tensor loss = process.Loss(output, batch.Starts, current, batch.Steps, noise, options.MinSnrGamma).Total.mean();
        if (options.DiceLossWeight > 0)
        {
            loss = loss + (options.DiceLossWeight * process.DiceLoss(output, batch.Starts).mean());
        }

        loss.backward();
        double value = loss.item<float>();
        if (!double.IsFinite(value))
        {
            throw new InvalidOperationException($"The training loss became {value} at step {optimizer.Steps + 1}. Lower the learning rate (now {options.LearningRate}), set GradientClipping, or use Float32 instead of {options.Precision}.");
        }

        optimizer.Step(LearningRate(optimizer.Steps, fraction));
        return value;
    }

    private double LearningRate(int step, double fraction)
    {
        double warm = options.WarmUpSteps > 0 ? Math.Min(1, (step + 1.0) / options.WarmUpSteps) : 1;
        double decay = options.CosineDecay ? 0.5 * (1 + Math.Cos(Math.PI * Math.Min(fraction, 1))) : 1;
        return options.LearningRate * warm * decay;
    }

    /// <summary>Mean soft Dice (5 thresholds) of a set of weights on the cases set aside.</summary>
    private double Score(ConsensusNetwork network, WeightSet weights, List<TrainingCase> validation)
    {
        using ConsensusModel model = ConsensusModel.FromWeights(description, network, weights.Clone(), device);
        double sum = 0;
        for (int i = 0; i < validation.Count; i++)
        {
            ConsensusPrediction prediction = model.Predict(validation[i].Features, options.ValidationSampling, SeededRandom.Seed(seed, SeededRandom.Purpose.Validation, i));
            float[] truth = ConsensusLabels.SoftMap(Resampling.Nearest(validation[i].Masks, description.Height, description.Width));
            sum += SoftDice.Mean(prediction.SoftMap, truth, SoftDice.FiveThresholds);
        }

        return sum / validation.Count;
    }

    private (List<TrainingCase> Training, List<TrainingCase> Validation) Split(IReadOnlyList<TrainingCase> cases)
    {
        int count = options.ValidationFraction > 0 && cases.Count > 1 ? Math.Max(1, (int)Math.Round(options.ValidationFraction * cases.Count)) : 0;
        int[] order = [.. Enumerable.Range(0, cases.Count)];
        SeededRandom.At(seed, SeededRandom.Purpose.Split, 0).Shuffle(order);
        HashSet<int> aside = [.. order.Take(count)];
        return (cases.Where((_, i) => !aside.Contains(i)).ToList(), cases.Where((_, i) => aside.Contains(i)).ToList());
    }

    /// <summary>How far a run is, by steps and by wall time, whichever ends first.</summary>
    private sealed class RunClock(TrainingOptions options)
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();

        public TimeSpan Elapsed => _watch.Elapsed;

        /// <summary>Share of the run that is done, 0 to 1.</summary>
        public double Fraction(int steps)
        {
            double bySteps = options.Steps is int limit ? (double)steps / limit : 0;
            double byTime = options.TimeLimit is TimeSpan time ? _watch.Elapsed / time : 0;
            return Math.Min(1, Math.Max(bySteps, byTime));
        }

        /// <summary>Whether the limits are reached, with the seconds that the last validation needs kept in reserve.</summary>
        public bool IsOver(int steps, double reserve) =>
            steps >= options.Steps || (steps > 0 && _watch.Elapsed.TotalSeconds + reserve >= options.TimeLimit?.TotalSeconds);

        public TimeSpan Remaining(int steps)
        {
            double fraction = Fraction(steps);
            return fraction > 0 ? _watch.Elapsed * ((1 - fraction) / fraction) : TimeSpan.Zero;
        }
    }
}
