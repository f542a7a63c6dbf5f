using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Transforms.Columns;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation;

/// <summary>Refuses options that cannot work, before any work is done. A message names the option, its value and what is allowed.</summary>
internal static class OptionsCheck
{
    /// <summary>Checks the options of a diffusion model.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(ConsensusSegmentationEstimator.Options options)
    {
        Defined(nameof(options.Target), options.Target);
        DiffusionCheck.Check(Given(nameof(options.Diffusion), options.Diffusion));
        StructuresCheck.CheckNames(options.Structures);
        ColumnContract.CheckedName(options.RaterMapColumnName, nameof(options.RaterMapColumnName));
        if (options.NamedRaters || options.Structures.Count > 0)
        {
            StructuresCheck.CheckTarget(options.Target);
        }

        CheckCommon(options, options.Diffusion);
    }

    /// <summary>Checks the options of a one-pass U-Net.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(UNetSegmentationEstimator.Options options)
    {
        Defined(nameof(options.Kind), options.Kind);
        NetworkCheck.CheckPassDropout(options.PassDropout);
        OnePassCheck.Check(options.FullyConvolutional, options.FixedPoint, options.Expertise);
        MaskDrawingCheck.Check(Given(nameof(options.Stochastic), options.Stochastic));
        MaskDrawingCheck.Check(Given(nameof(options.Probabilistic), options.Probabilistic));
        CheckCommon(options, diffusion: null);
    }

    private static void CheckCommon(SegmentationOptions options, DiffusionOptions? diffusion)
    {
        CheckColumns(options);
        Defined(nameof(options.MissingRaters), options.MissingRaters);
        if (options.Levels is int levels)
        {
            Range(nameof(options.Levels), levels, 1, SliceLimits.MostRaters, ", or null for the number of raters");
        }

        Range(nameof(options.Members), options.Members, 1, SegmentationOptions.MostMembers);
        NetworkCheck.Check(Given(nameof(options.Network), options.Network));
        SamplingCheck.Check(nameof(options.Sampling), Given(nameof(options.Sampling), options.Sampling), diffusion?.Steps);
        TrainingCheck.Check(Given(nameof(options.Training), options.Training), diffusion, options.ValidationSet is not null);
        TrainingCheck.Check(options.Checkpoints);
        if (options.MemoryLimit is < 0 and long limit)
        {
            throw Wrong(nameof(options.MemoryLimit), limit, "at least 0 bytes, or null for half of the memory");
        }

        if (options.Device is not (null or "cpu" or "cuda")
            && !(options.Device.StartsWith("cuda:", StringComparison.Ordinal)
                && uint.TryParse(options.Device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw Wrong(nameof(options.Device), $"'{options.Device}'", "'cpu', 'cuda' or 'cuda:N' with N the number of the GPU, from 0");
        }
    }

    private static void CheckColumns(SegmentationOptions options)
    {
        ColumnContract.CheckedName(options.FeaturesColumnName, nameof(options.FeaturesColumnName));
        ColumnContract.CheckedName(options.AnnotationsColumnName, nameof(options.AnnotationsColumnName));
        ColumnContract.CheckedName(options.CaseColumnName, nameof(options.CaseColumnName));
        if (options.GroupColumnName is not null)
        {
            ColumnContract.CheckedName(options.GroupColumnName, nameof(options.GroupColumnName));
        }

        ColumnContract.CheckedName(options.ImageColumnName, nameof(options.ImageColumnName));
        ColumnContract.CheckedName(options.ImagePathColumnName, nameof(options.ImagePathColumnName));
        ColumnContract.CheckedName(options.RaterNamesColumnName, nameof(options.RaterNamesColumnName));
        ColumnContract.CheckedName(options.SoftMapColumnName, nameof(options.SoftMapColumnName));
        ColumnContract.CheckedName(options.ConsensusMapsColumnName, nameof(options.ConsensusMapsColumnName));
        ColumnContract.CheckedName(options.UncertaintyColumnName, nameof(options.UncertaintyColumnName));
        ColumnContract.CheckedName(options.SamplesColumnName, nameof(options.SamplesColumnName));
        OutputColumnsCheck.Check(
            options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName, options.SamplesColumnName);
    }
}
