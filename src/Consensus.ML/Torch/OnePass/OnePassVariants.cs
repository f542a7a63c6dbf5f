using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The one table of the kinds of one-pass models.</summary>
internal static class OnePassVariants
{
    /// <summary>The variant of a description; it makes the structure of its network.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is unknown.</exception>
    public static OnePassVariant Create(UNetDescription description) => description.Kind switch
    {
        UNetKind.Levels => new PlainUNet(description, new LevelTarget(description.Levels)),
        UNetKind.SoftLabel => new PlainUNet(description, new ShareTarget()),
        UNetKind.MajorityVote => new PlainUNet(description, new MajorityTarget()),
        UNetKind.LabelSampling => new PlainUNet(description, new AnyRaterTarget()),
        UNetKind.MultiHead => new PlainUNet(description, new EveryRaterTarget(description.Levels)),
        UNetKind.MonteCarloDropout => new DroppingUNet(description),
        UNetKind.FullyConvolutional => new FullyConvolutionalVariant(description),
        UNetKind.DeepAttention => new AttentionalVariant(description),
        UNetKind.MultiRaterAgreement => new MultiRaterVariant(description),
        UNetKind.FixedPoint => new FixedPointVariant(description),
        UNetKind.StochasticSegmentation => new MaskDrawing(description, layout => new StochasticNetwork(
            layout, description.Network, description.Stochastic ?? new(), description.Height, description.Width,
            description.ImageChannels)),
        UNetKind.ProbabilisticUNet => new MaskDrawing(description, layout => new ProbabilisticNetwork(
            layout, description.Network, description.Probabilistic ?? new(), description.Height, description.Width,
            description.ImageChannels)),
        _ => throw new ArgumentOutOfRangeException(
            nameof(description), description.Kind, $"The kind {description.Kind} of one-pass networks is unknown."),
    };
}
