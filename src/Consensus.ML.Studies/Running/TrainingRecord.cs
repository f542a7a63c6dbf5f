using Consensus.ML.Machine;

namespace Consensus.ML.Studies.Running;

/// <summary>What a training did, and the time and memory that it took: the file training.json beside the model.</summary>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="Seconds">Wall time of training, validation included. For an interrupted training: the sum over its parts.</param>
/// <param name="TrainingCases">Cases trained on.</param>
/// <param name="ValidationCases">Training cases set aside to find the best weights.</param>
/// <param name="PeakMemoryMb">
/// Largest resident memory of the process in training, in MiB. For an interrupted training: in its last part.
/// </param>
/// <param name="ModelBytes">Size of the model file.</param>
/// <param name="Parameters">Number of trained values.</param>
/// <param name="Validations">Every validation: step, smoothed loss, soft Dice (5 thresholds).</param>
/// <param name="Machine">The machine and the software.</param>
internal sealed record TrainingRecord(
    int Steps,
    int BestStep,
    double Seconds,
    int TrainingCases,
    int ValidationCases,
    double PeakMemoryMb,
    long ModelBytes,
    long Parameters,
    IReadOnlyList<ValidationRecord> Validations,
    MachineRecord Machine);

/// <summary>One validation during training.</summary>
internal sealed record ValidationRecord(int Step, double Loss, double SoftDice);

/// <summary>The machine and the software of a training. It has no names of machines or people.</summary>
internal sealed record MachineRecord(
    string Processor,
    int Cores,
    int Threads,
    string Device,
    string OperatingSystem,
    string DotNet,
    string Library,
    string MLNet,
    string TorchSharp,
    string LibTorch)
{
    /// <param name="runtime">The runtime of this process.</param>
    public static MachineRecord OfThisProcess(RuntimeInfo runtime) => new(
        ProcessorName(), Environment.ProcessorCount, runtime.Threads, runtime.Device, runtime.OperatingSystem, runtime.DotNet,
        runtime.Library, runtime.MLNet, runtime.TorchSharp, runtime.LibTorch);

    private static string ProcessorName()
    {
        try
        {
            // Linux: proc(5). Other systems: an environment variable, or the architecture.
            string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? Fallback();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Fallback();
        }

        static string Fallback() => Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }
}
