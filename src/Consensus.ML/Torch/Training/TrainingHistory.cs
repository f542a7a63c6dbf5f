using System.Text.Json.Serialization;

namespace Consensus.ML.Torch.Training;

/// <summary>What a training run did, kept in the model's manifest.</summary>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="BestValidationScore">Their soft Dice (5 thresholds, 0 to 1) on the cases set aside; null if there were none.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="TrainingCases">Cases trained on.</param>
/// <param name="ValidationCases">Cases set aside.</param>
/// <param name="Cancelled">Whether the run was cancelled before its end.</param>
/// <param name="Validations">Every validation: step, smoothed loss, soft Dice.</param>
internal sealed record TrainingHistory(
    int Steps,
    int BestStep,
    double? BestValidationScore,
    double Seconds,
    int TrainingCases,
    int ValidationCases,
    bool Cancelled,
    IReadOnlyList<ValidationPoint> Validations);

/// <summary>One validation during training.</summary>
internal sealed record ValidationPoint(int Step, double Loss, double SoftDice)
{
    /// <summary>Wall time of the run until then; null in models and checkpoints from before it was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Seconds { get; init; }

    /// <summary>Whether two validations have the same results; their times do not count.</summary>
    public bool Equals(ValidationPoint? other) =>
        other is not null && (Step, Loss, SoftDice).Equals((other.Step, other.Loss, other.SoftDice));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Step, Loss, SoftDice);
}
