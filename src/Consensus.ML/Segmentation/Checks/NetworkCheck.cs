using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses networks that cannot be made. A message names the option, its value and what is allowed.</summary>
internal static class NetworkCheck
{
    // The member of the options and of the manifest that holds the network.
    private const string OptionName = "Network";

    /// <summary>Checks the shape of a network.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(NetworkOptions network)
    {
        const string Name = OptionName + ".";
        if (network.ModelChannels is < 32 or > 4096 || network.ModelChannels % 32 != 0)
        {
            throw Wrong(Name + nameof(network.ModelChannels), network.ModelChannels, "a multiple of 32, from 32 to 4096");
        }

        string multipliers = Name + nameof(network.ChannelMultipliers);
        Given(multipliers, network.ChannelMultipliers);
        if (network.ChannelMultipliers.Count is < 1 or > 12 || network.ChannelMultipliers.Any(multiplier => multiplier is < 1 or > 64))
        {
            throw Wrong(multipliers, Listed(network.ChannelMultipliers), "1 to 12 numbers from 1 to 64");
        }

        if (network.PatchSize is not (null or 1 or 2 or 4 or 8))
        {
            throw Wrong(Name + nameof(network.PatchSize), network.PatchSize, "1, 2, 4 or 8, or null to choose by the size of the slices");
        }

        Range(Name + nameof(network.ResidualBlocks), network.ResidualBlocks, 1, 64);
        Given(Name + nameof(network.AttentionResolutions), network.AttentionResolutions);
        if (network.AttentionResolutions.Any(side => side < 1))
        {
            throw Wrong(Name + nameof(network.AttentionResolutions), Listed(network.AttentionResolutions), "sides of at least 1 pixel");
        }

        // The deepest level always has attention; the others may.
        int heads = network.AttentionHeads;
        if (heads < 1 || network.ChannelMultipliers.Any(multiplier => multiplier * network.ModelChannels % heads != 0))
        {
            throw Wrong(
                Name + nameof(network.AttentionHeads),
                heads,
                "at least 1 and divide the channels of every level "
                + $"({string.Join(", ", network.ChannelMultipliers.Select(multiplier => multiplier * network.ModelChannels))})");
        }

        Defined(Name + nameof(network.Conditioning), network.Conditioning);
        Defined(Name + nameof(network.LevelConditioning), network.LevelConditioning);
        Range(Name + nameof(network.EncoderBlocks), network.EncoderBlocks, 1, 256);
        Range(Name + nameof(network.EncoderWidth), network.EncoderWidth, 1, 4096);
        Range(Name + nameof(network.EncoderGrowth), network.EncoderGrowth, 1, 4096);
        if (!(network.Dropout >= 0 && network.Dropout < 1))
        {
            throw Wrong(Name + nameof(network.Dropout), network.Dropout, "at least 0 and below 1");
        }
    }

    /// <summary>Checks that the network can halve slices of this size as often as it has levels.</summary>
    /// <exception cref="ArgumentException">A side is not a multiple of the network's total reduction.</exception>
    public static void CheckSize(string featuresColumn, int height, int width, NetworkOptions network)
    {
        int levels = network.ChannelMultipliers.Count;
        int factor = network.SideMultiple;
        if (height % factor == 0 && width % factor == 0)
        {
            return;
        }

        int side = height % factor != 0 ? height : width;
        int below = side / factor * factor;
        string nearest = below == 0 ? $"{factor}" : $"{below} or {below + factor}";
        string patches = network.PatchSize is > 1 and int patch
            ? $"patches of {patch}×{patch} pixels "
                + $"({OptionName}.{nameof(network.PatchSize)}) and "
            : "";
        throw new ArgumentException(
            $"Column '{featuresColumn}' holds slices of {height}×{width} pixels (height × width); {patches}the {levels} levels of "
            + $"{OptionName}.{nameof(network.ChannelMultipliers)} "
            + $"{(patches.Length > 0 ? "together divide each side" : $"halve each side {levels - 1} times")}, so it must be a multiple of "
            + $"{factor}: use {nearest} instead of {side} in ResizeSlices.");
    }

    /// <summary>
    /// Checks that the weights of a network fit into one file in memory, because models and checkpoints hold them so. It is called before
    /// the weights are made, so that a user does not learn of it at the first checkpoint.
    /// </summary>
    /// <exception cref="ArgumentException">There are too many weights; the message says how many, and what to make smaller.</exception>
    public static void CheckWeights(WeightLayout layout, NetworkOptions network)
    {
        long bytes = Safetensors.Header(layout.Specs.Select(spec => (spec.Name, spec.Shape))).Length
            + (sizeof(float) * layout.ParameterCount);
        if (bytes <= Array.MaxLength)
        {
            return;
        }

        throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture,
            $"The network would have {layout.ParameterCount:N0} weights of {bytes / 1e9:0.00} GB, more than the "
            + $"{Array.MaxLength / 1e9:0.00} GB that a model can have. Make {OptionName}."
            + $"{nameof(network.ModelChannels)} ({network.ModelChannels}), {OptionName}.{nameof(network.ChannelMultipliers)} "
            + $"([{string.Join(", ", network.ChannelMultipliers)}]), {OptionName}.{nameof(network.ResidualBlocks)} "
            + $"({network.ResidualBlocks}) or the encoder ({OptionName}.{nameof(network.EncoderBlocks)}, {network.EncoderBlocks}, of width "
            + $"{network.EncoderWidth}) smaller."));
    }

    /// <summary>Checks the probability with which Monte-Carlo dropout drops a value.</summary>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    public static void CheckPassDropout(double passDropout)
    {
        if (!(passDropout > 0 && passDropout < 1))
        {
            throw Wrong("PassDropout", passDropout, "above 0 and below 1");
        }
    }

    private static string Listed(IEnumerable<int> values) =>
        $"[{string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)))}]";
}
