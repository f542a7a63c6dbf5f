using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Kernels;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The three modules of MRNet (Ji et al. 2021) on the U-Net here: a U-Net that gets how much each rater counts (EIM), a second, smaller
/// U-Net that reconstructs each rater's mask (MRM), and an attention on where the reconstructed masks differ (MPM).
/// </summary>
internal sealed class MultiRaterNetwork
{
    private readonly int _patch;
    private readonly UNet _coarse, _raters;
    private readonly ExpertiseCell _expertise;
    private readonly ResidualBlock _perception;
    private readonly GroupNormalization _norm;
    private readonly Convolution _output;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="options">
    /// The shape of the first U-Net. The second has one residual block a level, and attention in the middle alone.
    /// </param>
    /// <param name="imageSide">The smaller side of a slice.</param>
    /// <param name="imageChannels">Channels of a slice.</param>
    /// <param name="raters">Number of raters.</param>
    public MultiRaterNetwork(WeightLayout layout, NetworkOptions options, int imageSide, int imageChannels, int raters)
    {
        _patch = options.Patch;
        long channels = (long)options.ModelChannels * options.ChannelMultipliers[0];
        _coarse = new(layout, options, imageSide, imageChannels, 1, embedding: null);
        _expertise = new(layout, "expertise", raters, (long)options.ModelChannels * options.ChannelMultipliers[^1]);
        _raters = new(
            layout, options with { ResidualBlocks = 1, AttentionResolutions = [] }, imageSide, imageChannels + 1 + raters, raters,
            embedding: null, prefix: "raters.");
        _perception = new(layout, "perception.0", channels, channels, null, options.ScaleShiftNorm);
        _norm = new(layout, "perception.1", channels);
        _output = new(layout, "perception.2", channels, _patch * _patch, zero: true, lowPrecision: false);
    }

    /// <summary>A pass.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×image channels×H×W float32, normalised.</param>
    /// <param name="expertise">B×raters float32: how much each rater counts; rows sum to 1.</param>
    /// <returns>
    /// B×(2 + raters)×H×W float32, before the sigmoid: the refined map, the mask of each rater, and the first map, which the refined map
    /// replaces. No gradient passes from one module to the maps of the module before it.
    /// </returns>
    public Tensor Forward(ForwardContext context, Tensor images, Tensor expertise)
    {
        using var scope = NewDisposeScope();
        Tensor features = _coarse.Features(
            context, _coarse.Enter(context, images), null, deepest => _expertise.Forward(context, deepest, expertise));

        Tensor coarse = _coarse.Output(context, features);
        Tensor planes = expertise.unsqueeze(-1).unsqueeze(-1).expand(-1, -1, images.shape[2], images.shape[3]);
        Tensor seen = cat([images, coarse.detach().sigmoid(), planes], 1);
        Tensor masks = _raters.Forward(context, _raters.Enter(context, seen), null);
        Tensor disagreement = Patches.Fold(masks.detach().sigmoid().std(1, unbiased: false, keepdim: true), _patch)
            .mean([1], keepdim: true)
            .to_type(features.dtype);
        Tensor refined = _perception.Forward(context, features.Plus(features * disagreement), null);
        Tensor normed = _norm.Forward(context, refined, Activation.None).to_type(ScalarType.Float32);
        Tensor calibrated = Patches.Unfold(_output.Forward(context, nn.functional.silu(normed)), _patch);
        return cat([calibrated, masks, coarse], 1).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph, for all images with the same vector (1×raters).</summary>
    public GraphValue Emit(GraphContext context, GraphValue images, GraphValue expertise)
    {
        GraphValue features = _coarse.EmitFeatures(
            context, _coarse.EmitEnter(context, images), null, deepest => _expertise.Emit(context, deepest, expertise));
        GraphValue coarse = _coarse.EmitOutput(context, features);
        GraphValue planes = coarse.Times(0).Plus(expertise.WithAxis(-1).WithAxis(-1));
        GraphValue masks = _raters.Emit(
            context, _raters.EmitEnter(context, GraphValue.Join([images, coarse.Sigmoid(), planes], 1)), null);
        GraphValue disagreement = Patches.EmitFold(masks.Sigmoid().Deviation(1).WithAxis(1), _patch).Mean(1).WithAxis(1);
        GraphValue refined = _perception.Emit(context, features.Plus(features.Times(disagreement)), null);
        GraphValue calibrated = Patches.EmitUnfold(_output.Emit(context, _norm.Emit(context, refined, Activation.Silu)), _patch);
        return GraphValue.Join([calibrated, masks, coarse], 1);
    }
}
