using Consensus.ML.Options;

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
        _ => throw new ArgumentOutOfRangeException(
            nameof(description), description.Kind, $"The kind {description.Kind} of one-pass networks is unknown."),
    };
}
