using Consensus.ML.Graphs;
using Consensus.ML.Options;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The prior or the posterior net of a Probabilistic U-Net (Kohl et al. 2018, section 2): the way down of a U-Net, the mean over the
/// pixels, and from it the mean and the log standard deviation of each number of the latent.
/// </summary>
internal sealed class LatentEncoder
{
    private readonly Convolution _input;
    private readonly List<(ResidualBlock? Block, Downsampling? Down)> _stages = [];
    private readonly Linear _output;
    private readonly int _patch;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="name">Stands before their names.</param>
    /// <param name="options">The shape: that of the U-Net's way down, without attention.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="latent">Numbers of the latent.</param>
    public LatentEncoder(WeightLayout layout, string name, NetworkOptions options, int inputs, int latent)
    {
        _patch = options.Patch;
        long channels = options.ModelChannels;
        _input = new(layout, $"{name}.0", inputs * _patch * _patch, channels);
        int index = 1, depth = options.ChannelMultipliers.Count;
        for (int level = 0; level < depth; level++)
        {
            long width = (long)options.ModelChannels * options.ChannelMultipliers[level];
            for (int block = 0; block < options.ResidualBlocks; block++)
            {
                _stages.Add((new(layout, $"{name}.{index++}", channels, width, embeddingWidth: null, scaleShift: false), null));
                channels = width;
            }

            if (level < depth - 1)
            {
                _stages.Add((null, new(layout, $"{name}.{index++}", channels)));
            }
        }

        _output = new(layout, $"{name}.latent", channels, 2L * latent, zero: true);
    }

    /// <param name="context">Weights and mode.</param>
    /// <param name="input">B×inputs×H×W float32.</param>
    /// <returns>B×(2·latent) float32: the means, then what the log standard deviations are made of.</returns>
    public Tensor Forward(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _input.Forward(context, Patches.Fold(input.to_type(_input.Type(context)), _patch));
        foreach ((ResidualBlock? block, Downsampling? down) in _stages)
        {
            hidden = block?.Forward(context, hidden, embedding: null) ?? down!.Forward(context, hidden);
        }

        // Without a norm before the mean: it would take away what differs between images.
        Tensor pooled = functional.silu(hidden.to_type(ScalarType.Float32)).flatten(2).mean([2]);
        return _output.Forward(context, pooled).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue input)
    {
        GraphValue hidden = _input.Emit(context, Patches.EmitFold(input, _patch));
        foreach ((ResidualBlock? block, Downsampling? down) in _stages)
        {
            hidden = block?.Emit(context, hidden, embedding: null) ?? down!.Emit(context, hidden);
        }

        GraphValue active = hidden.Silu();
        return _output.Emit(context, active.Reshaped(0, active.Shape[1], active.Shape[2] * active.Shape[3]).Mean(2));
    }

    /// <summary>
    /// The distribution that an output of <see cref="Forward"/> stands for; owned by the surrounding dispose scope. Log standard deviations
    /// stay between −1 and 1, by a hyperbolic tangent. That takes nothing away: only the size of the means beside them matters. Without
    /// bounds, one mask gets a deviation hundreds of times that of another, and samples of the prior then hardly ever give the other.
    /// </summary>
    public static DiagonalGaussian Distribution(Tensor output)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = output.chunk(2, 1);
        return new(
            parts[0].MoveToOuterDisposeScope(),
            parts[1].tanh().MoveToOuterDisposeScope());
    }

    /// <summary>A sample of that distribution in a graph: μ + σ·ε.</summary>
    /// <param name="output">1×(2·latent), from <see cref="Emit"/>.</param>
    /// <param name="noise">ε, samples×latent.</param>
    public static GraphValue EmitSample(GraphValue output, GraphValue noise)
    {
        GraphValue[] parts = output.Parts(1, 2);
        return noise.Times(parts[1].Tanh().Exponential()).Plus(parts[0]);
    }
}
