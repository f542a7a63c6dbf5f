using System.Diagnostics.CodeAnalysis;

namespace Consensus.ML.Machine;

/// <summary>What <see cref="MachineBenchmark"/> measured in one number format. Times are medians, in milliseconds.</summary>
/// <param name="EncoderMs">Encoding one image.</param>
/// <param name="UnetMs">One pass of the U-Net over the maps of all levels.</param>
/// <param name="SamplingStepMs">
/// One DDPM step of all levels for an encoded image: the pass, x_{t−1} from its output, and new noise.
/// </param>
/// <param name="TrainingStepMs">
/// One training step: draw and augment samples, forward, backward, the optimizer (AdamW or Muon, as the compact preset takes it for the
/// level conditioning), and the moving average.
/// </param>
/// <param name="UnetGflops">Operations of the U-Net pass divided by its time, in 10⁹ floating-point operations per second.</param>
/// <param name="ConvolutionGflops">
/// The machine's rate in 3×3 convolutions alone, at the best of several shapes: the upper limit of <paramref name="UnetGflops"/>.
/// </param>
/// <param name="PeakMemoryMb">
/// Largest resident memory of the process during the measurement, in MiB. If the system cannot reset the peak, it is the peak since the
/// process began. It does not include GPU memory.
/// </param>
[Experimental("CONSENSUS001")]
public sealed record MachineMeasurement(
    double EncoderMs,
    double UnetMs,
    double SamplingStepMs,
    double TrainingStepMs,
    double UnetGflops,
    double ConvolutionGflops,
    double PeakMemoryMb)
{
    /// <summary>
    /// Memory of the GPU that the process took during the measurement, in MiB: torch keeps what it once took, so this is the peak, if it
    /// has measured nothing larger before. Null on a CPU, and where the driver does not say.
    /// </summary>
    public double? PeakDeviceMemoryMb { get; init; }
}
