using System.Diagnostics;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies.Planning;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>Measures a step of a method, and says from it how long its runs will take.</summary>
internal static class StudyTiming
{
    // The first step chooses kernels and takes memory. At paper size on a CPU, a step takes minutes, so there are few.
    private const int Steps = 3;

    // Enough for a batch, and for cases that every rater has drawn.
    private const int MostCases = 16;

    /// <summary>What was measured, in seconds.</summary>
    /// <param name="Step">A training step.</param>
    /// <param name="Views">Encoding the views of an image and whatever else a prediction needs once.</param>
    /// <param name="Pass">A sampling step of one generation with all its maps; for one-pass methods a whole prediction.</param>
    internal sealed record Measured(double Step, double Views, double Pass);

    /// <summary>Trains three steps of a method, without validation, and predicts a case.</summary>
    /// <exception cref="OperationCanceledException">The study was cancelled.</exception>
    public static Measured Measure(MLContext ml, StudyOptions options, StudyMethod method)
    {
        StudyFold fold = options.Folds[0];
        var times = new StepTimes();
        StudyRecipe recipe = StudyRecord.Recipe(options) with
        {
            Steps = Steps, TimeLimit = null, IsMeasured = true, Progress = times, Cancellation = options.Cancellation,
        };
        using TransformerChain<ITransformer> chain = RunTraining.Pipeline(ml, options, method.Create(ml, recipe))
            .Fit(ml.Data.LoadFromCases(fold.Training.Take(MostCases)));
        options.Cancellation.ThrowIfCancellationRequested();
        using RunModel model = RunModel.Of(ml, chain);
        float[] features = model.Prepare(fold.Training[0]);
        if (model.Diffusion is not { } diffusion)
        {
            Predict(model);
            return new(times.Shortest, 0, Predict(model));
        }

        // One generation of one step, and of three: the difference is two steps.
        double one = Sampled(1), three = Sampled(3), pass = Math.Max(0, three - one) / 2;
        return new(times.Shortest, Math.Max(0, one - pass), pass);

        double Sampled(int steps)
        {
            // The copy shares the weights of the model, which its chain owns.
            ConsensusSegmentationTransformer sampled = diffusion.WithSampling(
                diffusion.Sampling with { Generations = 1, Tolerance = null, Sampler = SamplerKind.Ddim, Steps = steps });
            using RunModel with = RunModel.Of(ml, new TransformerChain<ITransformer>([.. chain.SkipLast(1), sampled]));
            Predict(with);
            return Predict(with);
        }

        double Predict(RunModel predicting)
        {
            long before = Stopwatch.GetTimestamp();
            predicting.Predict(features, options.Size, options.Cancellation);
            return Stopwatch.GetElapsedTime(before).TotalSeconds;
        }
    }

    /// <summary>How long what is left of a method takes.</summary>
    /// <param name="options">The study.</param>
    /// <param name="method">The method.</param>
    /// <param name="measured">What was measured of it.</param>
    public static MethodEstimate Estimate(StudyOptions options, StudyMethod method, Measured measured)
    {
        SegmentationOptions? plan = method.Plan?.Invoke(StudyRecord.Recipe(options));
        StudyRun[] runs = [.. options.Folds.SelectMany(fold => options.Seeds.Select(seed => new StudyRun(method, fold, seed)))];
        StudyRun[] open = [.. runs.Where(run => !StudyFolder.FilesOf(options.Folder, run).IsTrained)];
        int cases = runs.Sum(run => run.Fold.Evaluation.Count(one => !StudyFolder.FilesOf(options.Folder, run).IsScored(one.Name)));
        double map = method.IsDiffusion && plan is not null ? Sampling(plan.Sampling, Diffusion(plan)) : measured.Pass;
        return new(method.Name, open.Length, measured.Step, Training(), cases, map + Curve());

        double Training()
        {
            TrainingOptions training = plan?.Training ?? new() { Steps = options.Steps, TimeLimit = options.TimeLimit };
            double bySteps = training.Steps is int steps ? (steps * measured.Step) + Validations() : double.PositiveInfinity;
            return Math.Min(bySteps, training.TimeLimit?.TotalSeconds ?? double.PositiveInfinity);

            double Validations()
            {
                double one = method.IsDiffusion && plan is not null
                    ? Sampling(training.ValidationSampling, Diffusion(plan))
                    : measured.Pass;
                IReadOnlyList<RaterCase> cases = options.Folds[0].Training;
                int groups = cases.Select(raterCase => raterCase.Group).Distinct(StringComparer.Ordinal).Count();
                double share = training.ShareSetAside(groups, onGpu: false); // by the number of steps; a limit of time holds anyway
                return plan is null || share == 0 ? 0 : training.Validations * Math.Max(1, Math.Round(share * cases.Count)) * one;
            }
        }

        // A prediction with as many generations as the curve has, beside the ordinary prediction.
        double Curve() => method switch
        {
            { IsDiffusion: true } when plan is not null && options.CurveGenerations > 0 =>
                Sampling(plan.Sampling with { Generations = options.CurveGenerations }, Diffusion(plan)),
            { OnePass: { } kind } when kind.DrawsAtRandom() && plan is not null =>
                measured.Pass * options.CurveGenerations / plan.Sampling.Generations,
            _ => 0,
        };

        double Sampling(SamplingOptions sampling, int allSteps)
        {
            // Up to four views: the image, and its mirror images along rows, columns and both.
            int views = sampling.Mirror ? Math.Min(4, sampling.Generations) : 1;
            return (views * measured.Views) + (sampling.Generations * (double)(sampling.Steps ?? allSteps) * measured.Pass);
        }
    }

    private static int Diffusion(SegmentationOptions plan) => ((ConsensusSegmentationEstimator.Options)plan).Diffusion.Steps;

    /// <summary>The shortest time between two steps.</summary>
    private sealed class StepTimes : IProgress<TrainingProgress>
    {
        private int _step;
        private long _before;

        public double Shortest { get; private set; } = double.PositiveInfinity;

        public void Report(TrainingProgress value)
        {
            if (value.Step > _step)
            {
                if (_step > 0)
                {
                    Shortest = Math.Min(Shortest, Stopwatch.GetElapsedTime(_before).TotalSeconds);
                }

                (_step, _before) = (value.Step, Stopwatch.GetTimestamp());
            }
        }
    }
}
