using Consensus.ML.Options;
using TorchSharp;
using static TorchSharp.torch;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses sampling options that cannot work. A message names the option, its value and what is allowed.</summary>
internal static class SamplingCheck
{
    /// <summary>
    /// Checks how maps are sampled from a diffusion process of <paramref name="diffusionSteps"/> steps. Null means that the model has no
    /// such process; the number of sampling steps then does not matter.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(string name, SamplingOptions sampling, int? diffusionSteps)
    {
        Range($"{name}.{nameof(sampling.Generations)}", sampling.Generations, 1, 1000);
        if (sampling.Tolerance is double tolerance)
        {
            Positive($"{name}.{nameof(sampling.Tolerance)}", tolerance, ", or null for all generations");
        }

        Defined($"{name}.{nameof(sampling.MirrorInterpolation)}", sampling.MirrorInterpolation);
        Defined($"{name}.{nameof(sampling.Sampler)}", sampling.Sampler);
        if (sampling.Steps is int steps && diffusionSteps is int most)
        {
            Range($"{name}.{nameof(sampling.Steps)}", steps, 1, most, " (the model's diffusion steps), or null for all of them");
        }

        Range($"{name}.{nameof(sampling.BatchSize)}", sampling.BatchSize, 1, 4096);
        Defined($"{name}.{nameof(sampling.Precision)}", sampling.Precision);
    }

    /// <summary>Checks that a number format makes sense on a device.</summary>
    /// <exception cref="ArgumentException">The format is float16, and the device is the CPU.</exception>
    public static void CheckDevice(string name, Precision precision, Device device)
    {
        if (precision == Precision.Float16 && device.type == DeviceType.CPU)
        {
            throw Wrong(
                name,
                precision,
                $"{nameof(Precision.BFloat16)} or {nameof(Precision.Float32)} on the CPU, where convolutions in float16 "
                + "take more than a hundred times as long");
        }
    }
}
