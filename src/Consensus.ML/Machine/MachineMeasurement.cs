using System.Diagnostics.CodeAnalysis;

namespace Consensus.ML.Machine;

/// <summary>What <see cref="MachineBenchmark"/> measured in one number format. Times are medians, in milliseconds.</summary>
/// <param name="EncoderMs">Encoding one image.</param>
/// <param name="UnetMs">One pass of the U-Net over the maps of all levels.</param>
/// <param name="SamplingStepMs">
/// One DDPM step of all levels, the image being encoded: the pass, x_{t−1} from its output, and fresh noise.
/// </param>
/// <param name="TrainingStepMs">One training step: samples drawn and augmented, forward, backward, AdamW, and the moving average.</param>
/// <param name="UnetGflops">Arithmetic of the U-Net pass by its time, in 10⁹ floating-point operations a second.</param>
/// <param name="ConvolutionGflops">
/// What the machine does in 3×3 convolutions alone, at the best of several shapes: the roofline of <paramref name="UnetGflops"/>.
/// </param>
/// <param name="PeakMemoryMb">
/// Largest resident memory of the process meanwhile, in MiB; of its whole life where the system cannot begin anew. Memory of a GPU is not
/// in it: TorchSharp does not tell.
/// </param>
[Experimental("CONSENSUS001")]
public sealed record MachineMeasurement(
    double EncoderMs,
    double UnetMs,
    double SamplingStepMs,
    double TrainingStepMs,
    double UnetGflops,
    double ConvolutionGflops,
    double PeakMemoryMb);
