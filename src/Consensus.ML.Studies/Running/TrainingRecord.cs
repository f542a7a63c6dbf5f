using Consensus.ML.Machine;

namespace Consensus.ML.Studies.Running;

/// <summary>What one training did and took, as training.json keeps it beside the model.</summary>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="BestStep">The step whose weights were kept.</param>
/// <param name="Seconds">Wall time of training, validation included; of all parts where it was interrupted.</param>
/// <param name="TrainingCases">Cases trained on.</param>
/// <param name="ValidationCases">Training cases set aside to choose the best weights by.</param>
/// <param name="PeakMemoryMb">Largest resident memory of the process while training (of its last part), in MiB.</param>
/// <param name="ModelBytes">Size of the model file.</param>
/// <param name="Parameters">Number of trained values.</param>
/// <param name="Validations">Every validation: step, smoothed loss, soft Dice (5 thresholds).</param>
/// <param name="Machine">What it was trained on and with.</param>
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

/// <summary>What a training ran on and with; no names of machines or people.</summary>
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
    /// <param name="runtime">What this process computes with.</param>
    public static MachineRecord OfThisProcess(RuntimeInfo runtime) => new(
        ProcessorName(), Environment.ProcessorCount, runtime.Threads, runtime.Device, runtime.OperatingSystem, runtime.DotNet,
        runtime.Library, runtime.MLNet, runtime.TorchSharp, runtime.LibTorch);

    private static string ProcessorName()
    {
        try
        {
            // proc(5); elsewhere the system's own word for it.
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
