using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Kernels;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// Deep attentional features after Wang et al. 2018: the features of each level of an encoder, at the finest level's size; all of them
/// fused; and for each level an attention that picks from the fused features what refines the level. Each level gives an output before and
/// after it is refined. The encoder is the one of the U-Net here, in place of the paper's ResNeXt.
/// </summary>
internal sealed class AttentionalPyramid
{
    private readonly int _patch;
    private readonly Convolution _input;
    private readonly List<Level> _levels = [];
    private readonly NormedConvolution[] _fuse;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="options">The shape. Attention over pixels is not used.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    public AttentionalPyramid(WeightLayout layout, NetworkOptions options, long inputs, long outputs)
    {
        _patch = options.Patch;
        long pixels = _patch * _patch, channels = options.ModelChannels, width = channels;
        _input = new(layout, "input", inputs * pixels, channels);
        int count = options.ChannelMultipliers.Count;
        for (int level = 0; level < count; level++)
        {
            long next = channels * options.ChannelMultipliers[level];
            _levels.Add(new(layout, $"level{level + 1}", options, level > 0, width, next, outputs * pixels));
            width = next;
        }

        _fuse =
        [
            Normed(layout, "fuse.0", count * channels, channels), Normed(layout, "fuse.1", channels, channels),
            Normed(layout, "fuse.2", channels, channels, kernel: 1),
        ];
    }

    /// <summary>The mean of the outputs of all refined levels.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×inputs×H×W, in any type of floating point.</param>
    /// <returns>B×outputs×H×W float32.</returns>
    public Tensor Forward(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        return stack(EveryOutput(context, images).Skip(_levels.Count)).mean([0]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The outputs that are supervised, each B×outputs×H×W float32: those of all levels before they are refined, the finest first, and then
    /// those of all refined levels. Owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×inputs×H×W, in any type of floating point.</param>
    public IReadOnlyList<Tensor> EveryOutput(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _input.Forward(context, Patches.Fold(images.to_type(_input.Type(context)), _patch));
        var lateral = new List<Tensor>();
        foreach (Level level in _levels)
        {
            hidden = level.Encode(context, hidden);
            lateral.Add(level.Narrow(context, hidden));
        }

        Tensor[] single = [.. lateral.Select(features => Bilinear.Resize(features, lateral[0].shape[^2..]))];
        Tensor fused = _fuse.Aggregate(cat(single, 1), (features, convolution) => convolution.Forward(context, features));
        Tensor[] refined = [.. _levels.Zip(single, (level, features) => level.Refine(context, features, fused))];
        return
        [
            .. _levels.Select((level, i) => Full(level.OutputBefore(context, single[i]))),
            .. _levels.Select((level, i) => Full(level.Output(context, refined[i]))),
        ];

        Tensor Full(Tensor folded) => Patches.Unfold(folded, _patch).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue images)
    {
        GraphValue hidden = _input.Emit(context, Patches.EmitFold(images, _patch));
        var lateral = new List<GraphValue>();
        foreach (Level level in _levels)
        {
            hidden = level.EmitEncode(context, hidden);
            lateral.Add(level.EmitNarrow(context, hidden));
        }

        GraphValue[] single =
        [
            .. lateral.Select((features, i) => i == 0 ? features : features.Resized(lateral[0].Shape[2], lateral[0].Shape[3])),
        ];
        GraphValue fused = _fuse.Aggregate(GraphValue.Join(single, 1), (features, convolution) => convolution.Emit(context, features));
        GraphValue sum = _levels
            .Select((level, i) => level.EmitOutput(context, level.EmitRefine(context, single[i], fused)))
            .Aggregate((total, output) => total.Plus(output));
        return Patches.EmitUnfold(sum.Times(1.0 / _levels.Count), _patch);
    }

    // The paper has PReLU. ReLU would not do: outputs of features that are nowhere negative learn the background by negative weights, the
    // features then fall to 0 in the structure, and a 0 after ReLU has no gradient that could raise them again.
    private static NormedConvolution Normed(WeightLayout layout, string name, long inputs, long outputs, int kernel = 3) =>
        new(layout, name, inputs, outputs, kernel, Activation.Silu);

    /// <summary>One level of the pyramid.</summary>
    private sealed class Level
    {
        private readonly Downsampling? _down;
        private readonly List<ResidualBlock> _blocks = [];
        private readonly NormedConvolution _narrow;
        private readonly NormedConvolution[] _attend, _refine;
        private readonly Convolution _attention, _before, _after;

        public Level(WeightLayout layout, string name, NetworkOptions options, bool halved, long inputs, long width, long outputs)
        {
            long channels = options.ModelChannels;
            _down = halved ? new(layout, $"{name}.down", inputs) : null;
            for (int block = 0; block < options.ResidualBlocks; block++)
            {
                _blocks.Add(new(layout, $"{name}.block{block + 1}", block == 0 ? inputs : width, width, null, options.ScaleShiftNorm));
            }

            _narrow = Normed(layout, $"{name}.narrow", width, channels, kernel: 1);
            _attend = Pair("attend");
            _attention = new(layout, $"{name}.attention", channels, channels, kernel: 1);
            _refine = [.. Pair("refine"), Normed(layout, $"{name}.refine.2", channels, channels, kernel: 1)];
            _before = new(layout, $"{name}.out.0", channels, outputs, kernel: 1, lowPrecision: false);
            _after = new(layout, $"{name}.out.1", channels, outputs, kernel: 1, lowPrecision: false);

            NormedConvolution[] Pair(string part) =>
            [
                Normed(layout, $"{name}.{part}.0", 2 * channels, channels), Normed(layout, $"{name}.{part}.1", channels, channels),
            ];
        }

        /// <summary>The encoder's part of this level.</summary>
        public Tensor Encode(ForwardContext context, Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = _down?.Forward(context, input) ?? input.alias();
            return _blocks.Aggregate(hidden, (features, block) => block.Forward(context, features, null)).MoveToOuterDisposeScope();
        }

        public GraphValue EmitEncode(GraphContext context, GraphValue input) =>
            _blocks.Aggregate(_down?.Emit(context, input) ?? input, (features, block) => block.Emit(context, features, null));

        /// <summary>The level's features with the channels that all levels have.</summary>
        public Tensor Narrow(ForwardContext context, Tensor features) => _narrow.Forward(context, features);

        public GraphValue EmitNarrow(GraphContext context, GraphValue features) => _narrow.Emit(context, features);

        /// <summary>The level's features, refined by those of the fused features that its attention lets through.</summary>
        public Tensor Refine(ForwardContext context, Tensor features, Tensor fused)
        {
            using var scope = NewDisposeScope();
            Tensor attended = _attend.Aggregate(cat([features, fused], 1), (value, convolution) => convolution.Forward(context, value));

            // At each pixel, the shares of the channels sum to 1.
            Tensor attention = _attention.Forward(context, attended).softmax(1);
            return _refine.Aggregate(cat([features, attention * fused], 1), (value, convolution) => convolution.Forward(context, value))
                .MoveToOuterDisposeScope();
        }

        public GraphValue EmitRefine(GraphContext context, GraphValue features, GraphValue fused)
        {
            GraphValue attended = _attend.Aggregate(
                GraphValue.Join([features, fused], 1), (value, convolution) => convolution.Emit(context, value));
            GraphValue attention = _attention.Emit(context, attended).Transposed(0, 2, 3, 1).Softmax().Transposed(0, 3, 1, 2);
            return _refine.Aggregate(
                GraphValue.Join([features, attention.Times(fused)], 1), (value, convolution) => convolution.Emit(context, value));
        }

        /// <summary>The output before the level is refined.</summary>
        public Tensor OutputBefore(ForwardContext context, Tensor features) =>
            _before.Forward(context, features.to_type(ScalarType.Float32));

        public GraphValue EmitOutputBefore(GraphContext context, GraphValue features) => _before.Emit(context, features);

        /// <summary>The output of the refined level.</summary>
        public Tensor Output(ForwardContext context, Tensor refined) => _after.Forward(context, refined.to_type(ScalarType.Float32));

        public GraphValue EmitOutput(GraphContext context, GraphValue refined) => _after.Emit(context, refined);
    }
}
