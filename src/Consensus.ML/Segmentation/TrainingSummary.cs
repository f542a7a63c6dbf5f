using Consensus.Imaging.Augmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Training;

namespace Consensus.ML.Segmentation;

/// <summary>What the training of a model did.</summary>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="BestValidationScore">Their soft Dice (5 thresholds, 0 to 1) on the validation cases; null without them.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="TrainingCases">Number of cases trained on.</param>
/// <param name="ValidationCases">Number of cases that decided which weights are best.</param>
/// <param name="Cancelled">Whether the run was cancelled before its end.</param>
public sealed record TrainingSummary(
    int Steps,
    int BestStep,
    double? BestValidationScore,
    TimeSpan Elapsed,
    int TrainingCases,
    int ValidationCases,
    bool Cancelled)
{
    /// <summary>The validation curve: every validation in order. Empty where there were no validation cases.</summary>
    public IReadOnlyList<TrainingValidation> Validations { get; init; } = [];

    /// <summary>
    /// How training changed its samples, with the rotation that it chose (<see cref="AugmentationPolicy.AnyRotationIfUnoriented"/>); null
    /// where it did not change them, and for a model that was not trained here.
    /// </summary>
    public AugmentationPolicy? Augmentation { get; init; }

    /// <summary>Whether two summaries have the same values, every validation included.</summary>
    public bool Equals(TrainingSummary? other) => other is not null
        && (Steps, BestStep, BestValidationScore, Elapsed, TrainingCases, ValidationCases, Cancelled).Equals(
            (
                other.Steps, other.BestStep, other.BestValidationScore, other.Elapsed, other.TrainingCases,
                other.ValidationCases, other.Cancelled))
        && Augmentation == other.Augmentation
        && Validations.SequenceEqual(other.Validations);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Steps, BestStep, BestValidationScore, Elapsed, TrainingCases, ValidationCases, Cancelled);

    internal static TrainingSummary FromTraining(ManifestTraining training)
    {
        TrainingHistory history = training.History;
        var curve = new List<TrainingValidation>();
        double best = double.NegativeInfinity;
        foreach (ValidationPoint point in history.Validations)
        {
            // Decided as training does: where two scores are equal, the later weights are kept.
            bool isBest = !(point.SoftDice < best);
            best = isBest ? point.SoftDice : best;
            curve.Add(new(
                point.Step, point.Seconds is double seconds ? TimeSpan.FromSeconds(seconds) : null, point.Loss, point.SoftDice, isBest));
        }

        return new(
            history.Steps,
            history.BestStep,
            history.BestValidationScore,
            TimeSpan.FromSeconds(history.Seconds),
            history.TrainingCases,
            history.ValidationCases,
            history.Cancelled)
        {
            Validations = curve.AsReadOnly(),
            Augmentation = training.Augmentation,
        };
    }
}

/// <summary>One point of the validation curve of a training run.</summary>
/// <param name="Step">Optimizer steps done so far.</param>
/// <param name="Elapsed">Wall time of the run so far; null for models that an earlier version of the library trained.</param>
/// <param name="Loss">Exponentially smoothed training loss.</param>
/// <param name="Score">Soft Dice (5 thresholds, 0 to 1), mean over the validation cases.</param>
/// <param name="Kept">
/// Whether no earlier score was better, so that the weights of this step were kept. The last weights that were kept are the model.
/// </param>
public sealed record TrainingValidation(int Step, TimeSpan? Elapsed, double Loss, double Score, bool Kept);
