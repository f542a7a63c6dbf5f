using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Networks;

/// <summary>
/// ε(x_t, I, t, c) = D(E(F(x_t) + G(I), emb)): the conditional U-Net of Amit et al. 2023 (section 3, Figure 1), on the U-Net of
/// Nichol and Dhariwal 2021. Holds structure only; weights come with each pass.
/// </summary>
internal sealed class ConsensusNetwork
{
    private readonly NetworkOptions _options;
    private readonly Linear _time1, _time2;
    private readonly int? _levelEmbedding;
    private readonly ImageEncoder _encoder;
    private readonly Convolution _input, _output;
    private readonly List<Stage> _down = [], _up = [];
    private readonly ResidualBlock _middle1, _middle2;
    private readonly AttentionBlock _middleAttention;
    private readonly GroupNormalization _outputNorm;

    /// <param name="options">The shape.</param>
    /// <param name="imageSide">The smaller side of a slice, in pixels: attention stands where a feature map's side is one of the options'.</param>
    /// <param name="imageChannels">Channels of a slice.</param>
    /// <param name="levels">Number of levels to embed; null where the target has none.</param>
    /// <param name="learnedVariance">Whether there is a second output channel.</param>
    public ConsensusNetwork(NetworkOptions options, int imageSide, int imageChannels, int? levels, bool learnedVariance)
    {
        _options = options;
        WeightLayout layout = Layout;
        long channels = options.ModelChannels, embedding = 4 * channels;
        _time1 = new(layout, "time_embed.0", channels, embedding);
        _time2 = new(layout, "time_embed.2", embedding, embedding);
        _levelEmbedding = levels is int count ? layout.Add("label_emb.weight", [count, embedding], Initialization.Normal) : null;
        _encoder = new(layout, "rrdb", imageChannels, options.ModelChannels, options);

        // Down: the sum F + G is the first skip; each stage's output is one more.
        _input = new(layout, "input_blocks.0.0", 1, channels);
        var skips = new Stack<long>([channels]);
        int depth = options.ChannelMultipliers.Count, index = 1, side = imageSide;
        for (int level = 0; level < depth; level++)
        {
            long outputs = Width(level);
            for (int block = 0; block < options.ResidualBlocks; block++, index++)
            {
                _down.Add(new(layout, $"input_blocks.{index}", channels, outputs, embedding, HasAttention(side), options.AttentionHeads));
                channels = outputs;
                skips.Push(channels);
            }

            if (level < depth - 1)
            {
                _down.Add(new(new Downsampling(layout, $"input_blocks.{index++}.0", channels)));
                skips.Push(channels);
                side /= 2;
            }
        }

        _middle1 = new(layout, "middle_block.0", channels, channels, embedding);
        _middleAttention = new(layout, "middle_block.1", channels, options.AttentionHeads);
        _middle2 = new(layout, "middle_block.2", channels, channels, embedding);

        // Up: one block more a level, each on a skip.
        index = 0;
        for (int level = depth - 1; level >= 0; level--)
        {
            long outputs = Width(level);
            for (int block = 0; block <= options.ResidualBlocks; block++, index++)
            {
                bool last = block == options.ResidualBlocks && level > 0;
                _up.Add(new(layout, $"output_blocks.{index}", channels + skips.Pop(), outputs, embedding, HasAttention(side), options.AttentionHeads, upsampled: last));
                channels = outputs;
            }

            side *= 2;
        }

        _outputNorm = new(layout, "out.0", channels);
        _output = new(layout, "out.2", channels, learnedVariance ? 2 : 1, zero: true, lowPrecision: false);

        long Width(int level) => (long)options.ModelChannels * options.ChannelMultipliers[level];
        bool HasAttention(int side) => options.AttentionResolutions.Contains(side);
    }

    /// <summary>Names and shapes of the weights, in checkpoint order.</summary>
    public WeightLayout Layout { get; } = new();

    /// <summary>G(I): depends on the image alone.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="image">B×image channels×H×W float32, normalised.</param>
    /// <returns>B×L×H×W, in the pass's precision.</returns>
    public Tensor EncodeImage(ForwardContext context, Tensor image)
    {
        using var scope = NewDisposeScope();
        return _encoder.Forward(context, image.to_type(_input.Type(context))).MoveToOuterDisposeScope();
    }

    /// <summary>One pass of the U-Net.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="noisy">x_t: (B·P)×1×H×W float32, the P maps of an image one after another.</param>
    /// <param name="imageFeatures">B×L×H×W from <see cref="EncodeImage"/>.</param>
    /// <param name="times">B·P diffusion times.</param>
    /// <param name="levels">B·P levels from 1 (int64); null where the target has none.</param>
    /// <returns>(B·P)×1 or 2×H×W float32: the prediction and, where it is learned, the variance's interpolation v.</returns>
    public Tensor Forward(ForwardContext context, Tensor noisy, Tensor imageFeatures, Tensor times, Tensor? levels)
    {
        using var scope = NewDisposeScope();
        Tensor embedding = _time2.Forward(context, functional.silu(_time1.Forward(context, TimestepEmbedding.Create(times, _options.ModelChannels))));
        if (_levelEmbedding is int table)
        {
            ArgumentNullException.ThrowIfNull(levels);
            embedding = embedding + context.Weights[table].index_select(0, levels - 1);
        }

        embedding = functional.silu(embedding);

        Tensor hidden = _input.Forward(context, noisy.to_type(_input.Type(context)));
        long pairs = hidden.shape[0] / imageFeatures.shape[0];
        hidden = pairs == 1
            ? hidden + imageFeatures
            : (hidden.view(imageFeatures.shape[0], pairs, hidden.shape[1], hidden.shape[2], hidden.shape[3]) + imageFeatures.unsqueeze(1)).view(hidden.shape);

        var skips = new Stack<Tensor>([hidden]);
        foreach (Stage stage in _down)
        {
            hidden = stage.Forward(context, hidden, embedding);
            skips.Push(hidden);
        }

        hidden = _middle1.Forward(context, hidden, embedding);
        hidden = _middleAttention.Forward(context, hidden);
        hidden = _middle2.Forward(context, hidden, embedding);
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

        Tensor normed = _outputNorm.Forward(context, hidden).to_type(ScalarType.Float32);
        return _output.Forward(context, functional.silu(normed, inplace: !context.Training)).MoveToOuterDisposeScope();
    }

    /// <summary>One entry of the published lists input_blocks and output_blocks.</summary>
    private sealed class Stage
    {
        private readonly ResidualBlock? _residual;
        private readonly AttentionBlock? _attention;
        private readonly Downsampling? _down;
        private readonly Upsampling? _up;

        public Stage(Downsampling down) => _down = down;

        public Stage(WeightLayout layout, string name, long inputs, long outputs, long embedding, bool attention, int heads, bool upsampled = false)
        {
            _residual = new(layout, $"{name}.0", inputs, outputs, embedding);
            _attention = attention ? new(layout, $"{name}.1", outputs, heads) : null;
            _up = upsampled ? new(layout, $"{name}.{(attention ? 2 : 1)}", outputs) : null;
        }

        public Tensor Forward(ForwardContext context, Tensor input, Tensor embedding)
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
    }
}
