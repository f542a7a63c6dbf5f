using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// A stochastic segmentation network (Monteiro et al. 2020): a U-Net whose last features give, by three 1×1 convolutions, the mean, the
/// diagonal and the factor of a <see cref="LowRankGaussian"/> over the logits of all pixels.
/// </summary>
internal sealed class StochasticNetwork : ISampledNetwork
{
    // Added to the diagonal, which stays above zero; the paper's code adds as much.
    private const double Epsilon = 1e-5;

    // The logarithm of the largest variance. Where a mask is certain, a larger variance costs nothing, and it would grow without bound.
    private const double LargestLogVariance = 10;

    // The logarithm of the variance before any training. It is small, so that all samples count at first and the mean is learnt. Samples
    // that differ much count for nothing beside the best of them, and what they get wrong is hardly learnt.
    private const double FirstLogVariance = -5;

    private readonly UNet _network;
    private readonly Convolution _mean, _logVariance, _factor;
    private readonly StochasticOptions _options;
    private readonly int _patch, _height, _width;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="network">The shape of the U-Net.</param>
    /// <param name="options">The rank of the factor, and how it is trained.</param>
    /// <param name="height">Rows of a slice.</param>
    /// <param name="width">Columns of a slice.</param>
    /// <param name="channels">Channels of a slice.</param>
    public StochasticNetwork(
        WeightLayout layout,
        NetworkOptions network,
        StochasticOptions options,
        int height,
        int width,
        int channels)
    {
        (_options, _patch, _height, _width) = (options, network.Patch, height, width);
        _network = new(layout, network, Math.Min(height, width), channels, outputs: null, embedding: null);
        long features = _network.FeatureChannels, pixels = _patch * _patch;
        _mean = new(layout, "mean", features, pixels, kernel: 1, lowPrecision: false);
        _logVariance = new(layout, "log_variance", features, pixels, kernel: 1, zero: true, lowPrecision: false);
        _factor = new(layout, "factor", features, options.Rank * pixels, kernel: 1, zero: true, lowPrecision: false);
    }

    /// <inheritdoc/>
    public int NoiseSize => LowRankGaussian.NoiseSize(_options.Rank, _height * _width);

    /// <inheritdoc/>
    public long TrainingNoiseSize => (long)_options.TrainingSamples * NoiseSize;

    /// <summary>The distribution of the logits of each image; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×C×H×W.</param>
    public LowRankGaussian Distribution(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor features = _network.Activate(
            context, _network.Features(context, _network.Enter(context, images), embedding: null, deepest: null));
        Tensor mean = Patches.Unfold(_mean.Forward(context, features), _patch);
        Tensor deviation = Patches.Unfold(_logVariance.Forward(context, features), _patch)
            .Plus(FirstLogVariance).Clamped(null, LargestLogVariance).exp().Plus(Epsilon).sqrt();
        Tensor factor = Patches.Unfold(_factor.Forward(context, features), _patch);
        if (_options.MaskBackground)
        {
            Tensor foreground = Foreground(images);
            (deviation, factor) = (deviation * foreground, factor * foreground);
        }

        return new(
            mean.flatten(1).MoveToOuterDisposeScope(), deviation.flatten(1).MoveToOuterDisposeScope(),
            factor.flatten(2).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Condition(ForwardContext context, Tensor image)
    {
        LowRankGaussian shared = Distribution(context, image);
        return [shared.Mean, shared.Deviation, shared.Factor];
    }

    /// <inheritdoc/>
    Tensor ISampledNetwork.Sample(ForwardContext context, IReadOnlyList<Tensor> condition, Tensor noise)
    {
        using var scope = NewDisposeScope();
        return new LowRankGaussian(condition[0], condition[1], condition[2]).Sample(noise.unsqueeze(0))
            .view(-1, _height, _width).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    Tensor ISampledNetwork.Loss(ForwardContext context, Tensor images, Tensor masks, Tensor noise)
    {
        using var scope = NewDisposeScope();

        // Without noise every sample is the mean, and the covariance gets a gradient of 0.
        Tensor drawn = context.Step < _options.MeanSteps ? zeros_like(noise) : noise;
        Tensor samples = Distribution(context, images).Sample(drawn.view(images.shape[0], _options.TrainingSamples, NoiseSize));
        return LowRankGaussian.LogLikelihood(samples, masks.flatten(1)).Over(-_height * _width).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public GraphValue EmitSamples(GraphContext context, GraphValue image, GraphValue noise)
    {
        long pixels = _height * _width;
        GraphValue features = _network.EmitActivate(
            context, _network.EmitFeatures(context, _network.EmitEnter(context, image), embedding: null, deepest: null));
        GraphValue mean = Patches.EmitUnfold(_mean.Emit(context, features), _patch).Reshaped(1, pixels);
        GraphValue deviation = Patches.EmitUnfold(_logVariance.Emit(context, features), _patch).Reshaped(1, pixels)
            .Plus(FirstLogVariance).Clamped(-1000, LargestLogVariance).Exponential().Plus(Epsilon).Root();
        GraphValue factor = Patches.EmitUnfold(_factor.Emit(context, features), _patch).Reshaped(_options.Rank, pixels);
        if (_options.MaskBackground)
        {
            GraphValue foreground = image.Minus(image.Least(2, 3)).Above(0).As(GraphType.Single).Mean(1).Above(0).As(GraphType.Single)
                .Reshaped(1, pixels);
            (deviation, factor) = (deviation.Times(foreground), factor.Times(foreground));
        }

        return LowRankGaussian.EmitSample(mean, deviation, factor, noise).Reshaped(noise.Shape[0], _height, _width);
    }

    /// <summary>B×1×H×W: 0 where every channel has its smallest value of the slice, 1 elsewhere.</summary>
    private static Tensor Foreground(Tensor images)
    {
        using var scope = NewDisposeScope();
        return (images - images.amin([2, 3], keepdim: true)).Above(0).any(1, keepdim: true).to_type(ScalarType.Float32)
            .MoveToOuterDisposeScope();
    }
}
