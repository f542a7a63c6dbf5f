using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// The fixed-point model after Zhou et al. 2017: a coarse network finds the object, and a fine network looks at the crop around its mask
/// until two masks agree.
/// </summary>
internal sealed class FixedPointVariant : OnePassVariant
{
    private readonly FixedPointOptions _options;
    private readonly FullyConvolutionalNetwork _coarse, _fine;

    /// <param name="description">The model.</param>
    public FixedPointVariant(UNetDescription description)
        : base(
            description,
            new CroppedMajorityTarget(description.Height, description.Width, (description.FixedPoint ?? new()).TrainingMargin))
    {
        _options = description.FixedPoint ?? new();
        _coarse = Network("coarse.");
        _fine = Network("fine.");

        FullyConvolutionalNetwork Network(string prefix) => new(
            Layout, prefix, description.FullyConvolutional ?? new(), description.Network.ModelChannels, description.ImageChannels,
            Target.Count);
    }

    /// <inheritdoc/>
    public override string GraphRefusal =>
        $"The kind {UNetKind.FixedPoint} repeats passes until two masks agree, and the image decides how many that takes. A graph has a "
        + "fixed number of passes, so it cannot give this model's maps.";

    /// <inheritdoc/>
    /// <remarks>Each image has passes of its own, since it decides how many it needs.</remarks>
    public override Tensor Logits(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor coarse = _coarse.Forward(context, images);
        return cat([.. Enumerable.Range(0, (int)images.shape[0]).Select(Settled)], 0).MoveToOuterDisposeScope();

        Tensor Settled(int index)
        {
            Tensor image = images.narrow(0, index, 1);
            return Iterate(
                coarse.narrow(0, index, 1),
                mask =>
                {
                    using var pass = NewDisposeScope();
                    Tensor box = Crops.Around(mask, _options.Margin);
                    return Crops.Put(_fine.Forward(context, Crops.Take(image, box)), box).MoveToOuterDisposeScope();
                },
                _options.Agreement,
                _options.Passes);
        }
    }

    /// <summary>The mean of the losses of the coarse network on the slice and of the fine network on the crop.</summary>
    public override Tensor Loss(ForwardContext context, UNetBatch batch, double diceWeight)
    {
        ArgumentNullException.ThrowIfNull(batch.Inputs);
        using var scope = NewDisposeScope();
        Tensor coarse = OnePassLosses.CrossEntropyAndDice(_coarse.Forward(context, batch.Images), batch.Targets, null, diceWeight);
        Tensor fine = OnePassLosses.CrossEntropyAndDice(
            _fine.Forward(context, Crops.Take(batch.Images, batch.Inputs)), Crops.Take(batch.Targets, batch.Inputs).Clamped(0, 1), null,
            diceWeight);
        return coarse.Plus(fine).Over(2).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Passes from one mask to the next until two agree: Z_t = fine(Z_(t−1)), and the passes end where the Dice of Z_(t−1) and Z_t is above
    /// the agreement. A mask without a pixel ends them too, since nothing can be cropped: what was found before it stays.
    /// </summary>
    /// <param name="first">The logits of the first mask Z_0, 1×1×H×W.</param>
    /// <param name="fine">From a mask of 0 and 1 to the logits of the next, owned by the surrounding dispose scope.</param>
    /// <param name="agreement">The Dice above which the passes end.</param>
    /// <param name="most">Maximum number of passes.</param>
    /// <returns>The logits of the last mask, owned by the surrounding dispose scope.</returns>
    internal static Tensor Iterate(Tensor first, Func<Tensor, Tensor> fine, double agreement, int most)
    {
        using var scope = NewDisposeScope();
        Tensor current = first.alias(), mask = Mask(first);
        for (int pass = 0; pass < most && mask.sum().Read<float>() > 0; pass++)
        {
            Tensor next = fine(mask), following = Mask(next);
            if (following.sum().Read<float>() == 0)
            {
                break;
            }

            float dice = ((mask * following).sum().Times(2) / mask.sum().Plus(following.sum())).Read<float>();
            (current, mask) = (next, following);
            if (dice > agreement)
            {
                break;
            }
        }

        return current.MoveToOuterDisposeScope();

        // A probability above one half.
        static Tensor Mask(Tensor logits) => logits.Above(0).to_type(ScalarType.Float32);
    }
}
