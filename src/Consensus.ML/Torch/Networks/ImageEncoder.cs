using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// G(I): a net of residual-in-residual dense blocks (RRDB, Wang et al. 2018) on the image alone, at the resolution of the U-Net's first
/// level. It runs once for an image, for any number of steps, levels and generations.
/// </summary>
internal sealed class ImageEncoder
{
    private readonly Convolution _first, _trunk, _high, _last;
    private readonly ResidualInResidualBlock[] _blocks;
    private readonly int _patch;
    private readonly bool _hasCoordinates;

    public ImageEncoder(WeightLayout layout, string name, int imageChannels, int outputs, NetworkOptions options)
    {
        _patch = options.Patch;
        _hasCoordinates = options.EncoderCoordinates;
        int width = options.EncoderWidth;
        _first = new(
            layout, $"{name}.conv_first", (imageChannels * _patch * _patch) + (_hasCoordinates ? Coordinates.Channels : 0), width);
        _blocks = [.. Enumerable.Range(0, options.EncoderBlocks)
            .Select(i => new ResidualInResidualBlock(layout, $"{name}.RRDB_trunk.{i}", width, options.EncoderGrowth))];
        _trunk = new(layout, $"{name}.trunk_conv", width, width);
        _high = new(layout, $"{name}.HRconv", width, width);
        _last = new(layout, $"{name}.conv_last", width, outputs);
    }

    /// <summary>Number of RRDB blocks.</summary>
    public int BlockCount => _blocks.Length;

    /// <param name="context">Weights and mode.</param>
    /// <param name="image">B×image channels×H×W, normalised.</param>
    /// <returns>B×L×H/PatchSize×W/PatchSize.</returns>
    public Tensor Forward(ForwardContext context, Tensor image)
    {
        using var scope = NewDisposeScope();
        Tensor features = First(context, image), trunk = features;
        for (int block = 0; block < BlockCount; block++)
        {
            trunk = Block(context, block, trunk);
        }

        return Last(context, features, trunk).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue image)
    {
        GraphValue features = EmitFirst(context, image), trunk = features;
        for (int block = 0; block < BlockCount; block++)
        {
            trunk = EmitBlock(context, block, trunk);
        }

        return EmitLast(context, features, trunk);
    }

    /// <summary>The first part: from the image to features.</summary>
    public Tensor First(ForwardContext context, Tensor image)
    {
        using var scope = NewDisposeScope();
        Tensor folded = Patches.Fold(image, _patch);
        return _first.Forward(context, _hasCoordinates ? Coordinates.Append(folded) : folded).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="First"/> in a graph.</summary>
    public GraphValue EmitFirst(GraphContext context, GraphValue image)
    {
        GraphValue folded = Patches.EmitFold(image, _patch);
        return _first.Emit(context, _hasCoordinates ? Coordinates.EmitAppend(folded) : folded);
    }

    /// <summary>One of the <see cref="BlockCount"/> parts of the trunk. Each takes the output of the part before.</summary>
    public Tensor Block(ForwardContext context, int block, Tensor input) => _blocks[block].Forward(context, input);

    /// <summary><see cref="Block"/> in a graph.</summary>
    public GraphValue EmitBlock(GraphContext context, int block, GraphValue input) => _blocks[block].Emit(context, input);

    /// <summary>The last part, which takes the outputs of the first part and the trunk.</summary>
    public Tensor Last(ForwardContext context, Tensor features, Tensor trunk)
    {
        using var scope = NewDisposeScope();
        Tensor sum = features.Plus(_trunk.Forward(context, trunk));
        return _last.Forward(context, Leaky(_high.Forward(context, sum))).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Last"/> in a graph.</summary>
    public GraphValue EmitLast(GraphContext context, GraphValue features, GraphValue trunk)
    {
        GraphValue sum = features.Plus(_trunk.Emit(context, trunk));
        return _last.Emit(context, _high.Emit(context, sum).LeakyRelu(LeakySlope));
    }

    // In place is safe with gradients too: the derivative of a leaky ReLU follows from its output.
    private static Tensor Leaky(Tensor tensor) => tensor.LeakyReluInPlace(LeakySlope);

    /// <summary>Three dense blocks with a scaled residual around them.</summary>
    private sealed class ResidualInResidualBlock(WeightLayout layout, string name, int width, int growth)
    {
        private readonly DenseBlock[] _blocks =
        [
            new(layout, $"{name}.RDB1", width, growth), new(layout, $"{name}.RDB2", width, growth),
            new(layout, $"{name}.RDB3", width, growth),
        ];

        public Tensor Forward(ForwardContext context, Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = input;
            foreach (DenseBlock block in _blocks)
            {
                hidden = block.Forward(context, hidden);
            }

            return hidden.Times(ResidualScale).PlusInPlace(input).MoveToOuterDisposeScope();
        }

        public GraphValue Emit(GraphContext context, GraphValue input) =>
            _blocks.Aggregate(input, (hidden, block) => block.Emit(context, hidden)).Times(ResidualScale).Plus(input);
    }

    /// <summary>Five convolutions, each on everything before it, with a scaled residual around them.</summary>
    private sealed class DenseBlock
    {
        private readonly Convolution[] _convolutions;

        public DenseBlock(WeightLayout layout, string name, int width, int growth) =>
            _convolutions = [.. Enumerable.Range(0, 5)
                .Select(i => new Convolution(layout, $"{name}.conv{i + 1}", width + (i * growth), i == 4 ? width : growth))];

        public Tensor Forward(ForwardContext context, Tensor input)
        {
            using var scope = NewDisposeScope();
            var grown = new List<Tensor> { input };
            foreach (Convolution convolution in _convolutions.AsSpan(0, 4))
            {
                grown.Add(Leaky(convolution.Forward(context, grown.Count == 1 ? input : cat(grown, 1))));
            }

            return _convolutions[4].Forward(context, cat(grown, 1))
                .TimesInPlace(ResidualScale)
                .PlusInPlace(input)
                .MoveToOuterDisposeScope();
        }

        public GraphValue Emit(GraphContext context, GraphValue input)
        {
            var grown = new List<GraphValue> { input };
            foreach (Convolution convolution in _convolutions.AsSpan(0, 4))
            {
                grown.Add(convolution.Emit(context, GraphValue.Join(grown, 1)).LeakyRelu(LeakySlope));
            }

            return _convolutions[4].Emit(context, GraphValue.Join(grown, 1)).Times(ResidualScale).Plus(input);
        }
    }

    private const double ResidualScale = 0.2, LeakySlope = 0.2;
}
