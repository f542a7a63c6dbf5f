using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The U-Net of Nichol and Dhariwal 2021: residual blocks, self-attention at some sides, strided convolutions down and repetition up, and a
/// skip connection from every output on the way down. It holds structure only; each pass brings the weights.
/// </summary>
internal sealed class UNet
{
    private readonly Convolution _input;
    private readonly Convolution? _output;
    private readonly List<Stage> _down = [], _up = [];
    private readonly ResidualBlock _middle1, _middle2;
    private readonly AttentionBlock _middleAttention;
    private readonly GroupNormalization _outputNorm;
    private readonly int _patch;

    /// <param name="layout">Where its weights are declared, under their published names.</param>
    /// <param name="options">The shape.</param>
    /// <param name="imageSide">
    /// The smaller side of a slice, in pixels: attention is used if a feature map's side is listed in the options.
    /// </param>
    /// <param name="inputs">Input channels. Each makes PatchSize² channels of the first convolution.</param>
    /// <param name="outputs">Output channels; null where another network takes the last features.</param>
    /// <param name="embedding">Width of an embedding that every residual block gets; null for none.</param>
    /// <param name="zeroInput">Whether the first convolution starts at zero.</param>
    /// <param name="prefix">The beginning of the names of its weights, where another network has the published names.</param>
    public UNet(
        WeightLayout layout,
        NetworkOptions options,
        int imageSide,
        long inputs,
        long? outputs,
        long? embedding,
        bool zeroInput = false,
        string prefix = "")
    {
        _patch = options.Patch;
        long channels = options.ModelChannels, pixels = _patch * _patch;

        // Down: the output of the first convolution is the first skip; each stage's output is a further skip.
        _input = new(layout, $"{prefix}input_blocks.0.0", inputs * pixels, channels, zero: zeroInput);
        var skips = new Stack<long>([channels]);
        int depth = options.ChannelMultipliers.Count, index = 1, side = imageSide / _patch;
        for (int level = 0; level < depth; level++)
        {
            long width = Width(level);
            for (int block = 0; block < options.ResidualBlocks; block++, index++)
            {
                _down.Add(new(layout, $"{prefix}input_blocks.{index}", channels, width, embedding, HasAttention(side), options));
                channels = width;
                skips.Push(channels);
            }

            if (level < depth - 1)
            {
                _down.Add(new(new Downsampling(layout, $"{prefix}input_blocks.{index++}.0", channels)));
                skips.Push(channels);
                side /= 2;
            }
        }

        _middle1 = new(layout, $"{prefix}middle_block.0", channels, channels, embedding, options.ScaleShiftNorm);
        _middleAttention = new(layout, $"{prefix}middle_block.1", channels, options.AttentionHeads);
        _middle2 = new(layout, $"{prefix}middle_block.2", channels, channels, embedding, options.ScaleShiftNorm);

        // Up: one more block for each level; each block takes a skip.
        index = 0;
        for (int level = depth - 1; level >= 0; level--)
        {
            long width = Width(level);
            for (int block = 0; block <= options.ResidualBlocks; block++, index++)
            {
                bool last = block == options.ResidualBlocks && level > 0;
                _up.Add(new(
                    layout, $"{prefix}output_blocks.{index}", channels + skips.Pop(), width, embedding,
                    HasAttention(side), options, upsampled: last));
                channels = width;
            }

            side *= 2;
        }

        _outputNorm = new(layout, $"{prefix}out.0", channels);
        _output = outputs is long count ? new(layout, $"{prefix}out.2", channels, count * pixels, zero: true, lowPrecision: false) : null;
        FeatureChannels = channels;

        long Width(int level) => (long)options.ModelChannels * options.ChannelMultipliers[level];
        bool HasAttention(int side) => options.AttentionResolutions.Contains(side);
    }

    /// <summary>Channels of the last features.</summary>
    public long FeatureChannels { get; }

    /// <summary>The type of the weights, in which the network computes.</summary>
    public ScalarType Type(ForwardContext context) => _input.Type(context);

    /// <summary>The first convolution.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="input">B×inputs×H×W, in any type of floating point.</param>
    /// <returns>B×L×H/PatchSize×W/PatchSize, in the pass's precision.</returns>
    public Tensor Enter(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        return _input.Forward(context, Patches.Fold(input.to_type(Type(context)), _patch)).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Enter"/> in a graph.</summary>
    public GraphValue EmitEnter(GraphContext context, GraphValue input) => _input.Emit(context, Patches.EmitFold(input, _patch));

    /// <summary>Everything after the first convolution.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="entered">
    /// B×L×H/PatchSize×W/PatchSize from <see cref="Enter"/>, with anything added to it. Without gradients, this call overwrites it.
    /// </param>
    /// <param name="embedding">B×embedding width, already through SiLU (it is the same for every block); null if there is none.</param>
    /// <returns>B×outputs×H×W float32.</returns>
    public Tensor Forward(ForwardContext context, Tensor entered, Tensor? embedding)
    {
        using var scope = NewDisposeScope();
        return Output(context, Features(context, entered, embedding, null)).MoveToOuterDisposeScope();
    }

    /// <summary>The features from which the output is made.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="entered">As for <see cref="Forward"/>.</param>
    /// <param name="embedding">As for <see cref="Forward"/>.</param>
    /// <param name="deepest">Changes the deepest features, B×channels×H×W; null to leave them.</param>
    /// <returns>B×channels of the first level×H/PatchSize×W/PatchSize, in the pass's precision.</returns>
    public Tensor Features(ForwardContext context, Tensor entered, Tensor? embedding, Func<Tensor, Tensor>? deepest)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = entered;
        var skips = new Stack<Tensor>([hidden]);
        foreach (Stage stage in _down)
        {
            hidden = stage.Forward(context, hidden, embedding);
            skips.Push(hidden);
        }

        hidden = _middle1.Forward(context, hidden, embedding);
        hidden = _middleAttention.Forward(context, hidden);
        hidden = _middle2.Forward(context, hidden, embedding);
        hidden = deepest?.Invoke(hidden) ?? hidden;
        foreach (Stage stage in _up)
        {
            Tensor skip = skips.Pop();
            Tensor joined = cat([hidden, skip], 1);
            if (!context.Training)
            {
                hidden.Dispose();
                skip.Dispose();
            }

            hidden = stage.Forward(context, joined, embedding);
        }

        return hidden.MoveToOuterDisposeScope();
    }

    /// <summary>The output of <see cref="Features"/>: B×outputs×H×W float32.</summary>
    public Tensor Output(ForwardContext context, Tensor features)
    {
        using var scope = NewDisposeScope();
        return Patches.Unfold(_output!.Forward(context, Activate(context, features)), _patch).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <see cref="Features"/> after the last norm and SiLU, as the last convolution gets them: B×<see cref="FeatureChannels"/>×
    /// H/PatchSize×W/PatchSize float32.
    /// </summary>
    public Tensor Activate(ForwardContext context, Tensor features)
    {
        using var scope = NewDisposeScope();
        Tensor normed = _outputNorm.Forward(context, features, Activation.None).to_type(ScalarType.Float32);
        return functional.silu(normed, inplace: !context.Training).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue entered, GraphValue? embedding) =>
        EmitOutput(context, EmitFeatures(context, entered, embedding, null));

    /// <summary><see cref="Features"/> in a graph.</summary>
    public GraphValue EmitFeatures(
        GraphContext context,
        GraphValue entered,
        GraphValue? embedding,
        Func<GraphValue, GraphValue>? deepest)
    {
        GraphValue hidden = entered;
        var skips = new Stack<GraphValue>([hidden]);
        foreach (Stage stage in _down)
        {
            hidden = stage.Emit(context, hidden, embedding);
            skips.Push(hidden);
        }

        hidden = _middle1.Emit(context, hidden, embedding);
        hidden = _middleAttention.Emit(context, hidden);
        hidden = _middle2.Emit(context, hidden, embedding);
        hidden = deepest?.Invoke(hidden) ?? hidden;
        foreach (Stage stage in _up)
        {
            hidden = stage.Emit(context, GraphValue.Join([hidden, skips.Pop()], 1), embedding);
        }

        return hidden;
    }

    /// <summary><see cref="Output"/> in a graph.</summary>
    public GraphValue EmitOutput(GraphContext context, GraphValue features) =>
        Patches.EmitUnfold(_output!.Emit(context, EmitActivate(context, features)), _patch);

    /// <summary><see cref="Activate"/> in a graph.</summary>
    public GraphValue EmitActivate(GraphContext context, GraphValue features) => _outputNorm.Emit(context, features, Activation.Silu);

    /// <summary>One entry of the published lists input_blocks and output_blocks.</summary>
    private sealed class Stage
    {
        private readonly ResidualBlock? _residual;
        private readonly AttentionBlock? _attention;
        private readonly Downsampling? _down;
        private readonly Upsampling? _up;

        public Stage(Downsampling down) => _down = down;

        public Stage(
            WeightLayout layout,
            string name,
            long inputs,
            long outputs,
            long? embedding,
            bool attention,
            NetworkOptions options,
            bool upsampled = false)
        {
            _residual = new(layout, $"{name}.0", inputs, outputs, embedding, options.ScaleShiftNorm);
            _attention = attention ? new(layout, $"{name}.1", outputs, options.AttentionHeads) : null;
            _up = upsampled ? new(layout, $"{name}.{(attention ? 2 : 1)}", outputs) : null;
        }

        public Tensor Forward(ForwardContext context, Tensor input, Tensor? embedding)
        {
            if (_down is not null)
            {
                return _down.Forward(context, input);
            }

            using var scope = NewDisposeScope();
            Tensor hidden = _residual!.Forward(context, input, embedding);
            hidden = _attention?.Forward(context, hidden) ?? hidden;
            hidden = _up?.Forward(context, hidden) ?? hidden;
            return hidden.MoveToOuterDisposeScope();
        }

        public GraphValue Emit(GraphContext context, GraphValue input, GraphValue? embedding)
        {
            if (_down is not null)
            {
                return _down.Emit(context, input);
            }

            GraphValue hidden = _residual!.Emit(context, input, embedding);
            hidden = _attention?.Emit(context, hidden) ?? hidden;
            return _up?.Emit(context, hidden) ?? hidden;
        }
    }
}
