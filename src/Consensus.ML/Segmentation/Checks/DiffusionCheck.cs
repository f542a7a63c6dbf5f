using Consensus.ML.Options;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses a diffusion process that cannot work. A message names the option, its value and what is allowed.</summary>
internal static class DiffusionCheck
{
    /// <summary>Checks the diffusion process.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(DiffusionOptions diffusion)
    {
        const string Name = "Diffusion.";
        Range(Name + nameof(diffusion.Steps), diffusion.Steps, 2, 4000);
        Defined(Name + nameof(diffusion.Schedule), diffusion.Schedule);
        Defined(Name + nameof(diffusion.Prediction), diffusion.Prediction);
    }
}
