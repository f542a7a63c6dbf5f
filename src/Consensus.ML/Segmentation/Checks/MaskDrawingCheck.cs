using Consensus.ML.Options;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses options of networks that draw masks. A message names the option, its value and what is allowed.</summary>
internal static class MaskDrawingCheck
{
    private const int Most = 100, MostSamples = 1000, MostSteps = 1_000_000;
    private const double LargestBeta = 1000;

    /// <summary>Checks the options of stochastic segmentation networks.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(StochasticOptions options)
    {
        const string Name = "Stochastic.";
        Range(Name + nameof(options.Rank), options.Rank, 1, Most);
        Range(Name + nameof(options.TrainingSamples), options.TrainingSamples, 1, MostSamples);
        Range(Name + nameof(options.MeanSteps), options.MeanSteps, 0, MostSteps);
    }

    /// <summary>Checks the options of the Probabilistic U-Net.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(ProbabilisticOptions options)
    {
        const string Name = "Probabilistic.";
        Range(Name + nameof(options.LatentSize), options.LatentSize, 1, Most);
        if (!(options.Beta >= 0 && options.Beta <= LargestBeta))
        {
            throw Wrong(Name + nameof(options.Beta), options.Beta, "from 0 to 1000");
        }
    }
}
