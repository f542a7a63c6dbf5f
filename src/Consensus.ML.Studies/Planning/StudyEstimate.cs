namespace Consensus.ML.Studies.Planning;

/// <summary>How long a study will take on this machine, from a measured step of each method.</summary>
/// <param name="Methods">The methods, in the order of the study.</param>
public sealed record StudyEstimate(IReadOnlyList<MethodEstimate> Methods)
{
    /// <summary>Wall time of everything that is not done yet, one run after another.</summary>
    public TimeSpan Total => Methods.Aggregate(TimeSpan.Zero, (sum, method) => sum + method.Total);
}

/// <summary>How long the runs of a method will take.</summary>
/// <param name="Method">The name of the method.</param>
/// <param name="Trainings">The number of trainings that are left.</param>
/// <param name="StepSeconds">Time of a training step, in seconds.</param>
/// <param name="TrainingSeconds">Time of one training, validations included, in seconds.</param>
/// <param name="Cases">The number of cases that are left to score.</param>
/// <param name="CaseSeconds">
/// Time to predict a case, in seconds, with the maps of the curve of generations. The scores themselves take little beside it.
/// </param>
public sealed record MethodEstimate(
    string Method,
    int Trainings,
    double StepSeconds,
    double TrainingSeconds,
    int Cases,
    double CaseSeconds)
{
    /// <summary>Wall time of what is left of the method.</summary>
    public TimeSpan Total => TimeSpan.FromSeconds((Trainings * TrainingSeconds) + (Cases * CaseSeconds));
}
