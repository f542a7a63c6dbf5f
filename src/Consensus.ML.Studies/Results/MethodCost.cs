
namespace Consensus.ML.Studies.Results;

/// <summary>The time and memory that a method takes.</summary>
/// <param name="TrainingSeconds">Wall time of a training, mean over runs.</param>
/// <param name="Steps">Optimizer steps of a training, mean over runs.</param>
/// <param name="PredictionMs">Wall time for the maps of one slice in ms, median over all predictions.</param>
/// <param name="PeakMemoryMb">Largest resident memory of the process while training, in MiB.</param>
/// <param name="ModelBytes">Size of the model file.</param>
/// <param name="Parameters">Number of trained values; 0 where it is not known.</param>
public sealed record MethodCost(
    double TrainingSeconds,
    double Steps,
    double PredictionMs,
    double PeakMemoryMb,
    long ModelBytes,
    long Parameters);
