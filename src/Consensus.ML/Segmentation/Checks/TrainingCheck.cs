using Consensus.ML.Options;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses training options that cannot work. A message names the option, its value and what is allowed.</summary>
internal static class TrainingCheck
{
    /// <summary>
    /// Checks how a network is trained. <paramref name="diffusion"/> is null for a model without diffusion. Options that need validations
    /// are refused where there is no validation set and no case is set aside.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(TrainingOptions training, DiffusionOptions? diffusion, bool hasValidationSet)
    {
        const string Name = "Training.";
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

        Defined(Name + nameof(training.Optimizer), training.Optimizer);
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
        if (training.ValidationFraction is double share && !(share is >= 0 and <= 0.5))
        {
            throw Wrong(Name + nameof(training.ValidationFraction), share, "from 0 to 0.5, or null for what the run asks for");
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

        SamplingCheck.Check(
            Name + nameof(training.ValidationSampling),
            Given(Name + nameof(training.ValidationSampling), training.ValidationSampling),
            diffusion?.Steps);
        if (training.Threads is int threads)
        {
            Range(Name + nameof(training.Threads), threads, 1, 4096, ", or null for torch's own choice");
        }
    }

    /// <summary>Checks the options for checkpoints; null for no checkpoints.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(CheckpointOptions? checkpoints)
    {
        const string Name = "Checkpoints.";
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
}
