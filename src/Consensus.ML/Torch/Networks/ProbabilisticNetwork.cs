using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// A Probabilistic U-Net (Kohl et al. 2018): a U-Net, and a latent of few numbers that chooses one of the masks that raters might draw. A
/// prior net gives the distribution of the latent for an image. In training, a posterior net gives it for an image with a mask.
/// </summary>
internal sealed class ProbabilisticNetwork : ISampledNetwork
{
    private readonly UNet _network;
    private readonly LatentEncoder _prior, _posterior;
    private readonly LatentCombination _combination;
    private readonly ProbabilisticOptions _options;
    private readonly int _height, _width;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="network">The shape of the U-Net, and of the prior and posterior nets.</param>
    /// <param name="options">The latent, and the weight of the divergence.</param>
    /// <param name="height">Rows of a slice.</param>
    /// <param name="width">Columns of a slice.</param>
    /// <param name="channels">Channels of a slice.</param>
    public ProbabilisticNetwork(
        WeightLayout layout,
        NetworkOptions network,
        ProbabilisticOptions options,
        int height,
        int width,
        int channels)
    {
        (_options, _height, _width) = (options, height, width);
        _network = new(layout, network, Math.Min(height, width), channels, outputs: null, embedding: null);
        _combination = new(layout, "combination", _network.FeatureChannels, options.LatentSize, network.Patch);
        _prior = new(layout, "prior", network, channels, options.LatentSize);
        _posterior = new(layout, "posterior", network, channels + 1, options.LatentSize);
    }

    /// <inheritdoc/>
    public int NoiseSize => _options.LatentSize;

    /// <inheritdoc/>
    public long TrainingNoiseSize => _options.LatentSize;

    /// <summary>The distribution of the latent for images; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×C×H×W.</param>
    public DiagonalGaussian Prior(ForwardContext context, Tensor images) =>
        LatentEncoder.Distribution(_prior.Forward(context, images));

    /// <summary>The distribution of the latent for images with masks; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×C×H×W.</param>
    /// <param name="masks">B×1×H×W of 0 and 1.</param>
    public DiagonalGaussian Posterior(ForwardContext context, Tensor images, Tensor masks)
    {
        using var scope = NewDisposeScope();
        DiagonalGaussian posterior = LatentEncoder.Distribution(_posterior.Forward(context, cat([images, masks.Minus(0.5)], 1)));
        return new(posterior.Mean.MoveToOuterDisposeScope(), posterior.LogDeviation.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Condition(ForwardContext context, Tensor image)
    {
        DiagonalGaussian prior = Prior(context, image);
        return [Entered(context, image), prior.Mean, prior.LogDeviation];
    }

    /// <inheritdoc/>
    Tensor ISampledNetwork.Sample(ForwardContext context, IReadOnlyList<Tensor> condition, Tensor noise)
    {
        using var scope = NewDisposeScope();
        Tensor latents = new DiagonalGaussian(condition[1], condition[2]).Sample(noise);
        return _combination.Forward(context, condition[0], latents).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The negative of the evidence lower bound (the paper's equation 4): the cross-entropy of a mask that a latent of the posterior gives,
    /// summed over the pixels, and β times the divergence of the posterior from the prior.
    /// </remarks>
    Tensor ISampledNetwork.Loss(ForwardContext context, Tensor images, Tensor masks, Tensor noise)
    {
        using var scope = NewDisposeScope();
        DiagonalGaussian posterior = Posterior(context, images, masks);
        Tensor logits = _combination.Forward(context, Entered(context, images), posterior.Sample(noise));
        Tensor wrong = functional.binary_cross_entropy_with_logits(logits, masks, reduction: Reduction.None).flatten(1).sum(1);
        return wrong.Plus(posterior.DivergenceFrom(Prior(context, images)).Times(_options.Beta))
            .Over(_height * _width).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public GraphValue EmitSamples(GraphContext context, GraphValue image, GraphValue noise)
    {
        GraphValue features = _network.EmitActivate(
            context, _network.EmitFeatures(context, _network.EmitEnter(context, image), embedding: null, deepest: null));
        GraphValue latents = LatentEncoder.EmitSample(_prior.Emit(context, image), noise);
        return _combination.Emit(context, _combination.EmitEnter(context, features), latents).Reshaped(noise.Shape[0], _height, _width);
    }

    private Tensor Entered(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor features = _network.Activate(
            context, _network.Features(context, _network.Enter(context, images), embedding: null, deepest: null));
        return _combination.Enter(context, features).MoveToOuterDisposeScope();
    }
}
