using Consensus.ML.Graphs;
using Consensus.ML.Torch.Kernels;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>A 2-D convolution with bias.</summary>
internal sealed class Convolution
{
    private readonly int _weight, _bias;
    private readonly long _stride, _padding;

    public Convolution(
        WeightLayout layout,
        string name,
        long inputs,
        long outputs,
        int kernel = 3,
        int stride = 1,
        bool zero = false,
        bool lowPrecision = true)
    {
        Initialization initialization = zero ? Initialization.Zeros : Initialization.Uniform;
        long fanIn = inputs * kernel * kernel;
        _weight = layout.Add($"{name}.weight", [outputs, inputs, kernel, kernel], initialization, fanIn, lowPrecision);
        _bias = layout.Add($"{name}.bias", [outputs], initialization, fanIn, lowPrecision);
        _stride = stride;
        _padding = kernel / 2;
    }

    /// <summary>The type of the weights. The layer computes in it, and the input must have it.</summary>
    public ScalarType Type(ForwardContext context) => context.Weights[_weight].dtype;

    public Tensor Forward(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor weight = context.Weights[_weight], bias = context.Weights[_bias], maps = ChannelsLast.Of(input);

        // A single pixel at a time is a linear layer, where the channels of a pixel lie side by side. torch's convolution is slower.
        Tensor output = _padding == 0 && _stride == 1 && ChannelsLast.Suits(maps)
            ? functional.linear(ChannelsLast.Pixels(maps), weight.flatten(1), bias).permute(0, 3, 1, 2)
            : functional.conv2d(maps, weight, bias, strides: [_stride, _stride], padding: [_padding, _padding]);
        context.Operations?.Add(output.numel(), weight.shape[1] * weight.shape[2] * weight.shape[3]);
        return output.MoveToOuterDisposeScope();
    }

    public GraphValue Emit(GraphContext context, GraphValue input) =>
        input.Convolution(context.Weight(_weight), context.Weight(_bias), _stride, _padding);
}

/// <summary>A fully connected layer; always float32, since it works on a few vectors only.</summary>
internal sealed class Linear
{
    private readonly int _weight, _bias;

    public Linear(WeightLayout layout, string name, long inputs, long outputs, bool zero = false)
    {
        Initialization initialization = zero ? Initialization.Zeros : Initialization.Uniform;
        _weight = layout.Add($"{name}.weight", [outputs, inputs], initialization, inputs);
        _bias = layout.Add($"{name}.bias", [outputs], initialization, inputs);
    }

    public Tensor Forward(ForwardContext context, Tensor input) =>
        functional.linear(input, context.Weights[_weight], context.Weights[_bias]);

    public GraphValue Emit(GraphContext context, GraphValue input) => input.Linear(context.Weight(_weight), context.Weight(_bias));
}

/// <summary>Group normalisation over 32 groups, and an activation; statistics and weights in float32.</summary>
internal sealed class GroupNormalization
{
    private const int Groups = 32;
    private const double Epsilon = 1e-5;
    private readonly int _weight, _bias;

    public GroupNormalization(WeightLayout layout, string name, long channels)
    {
        _weight = layout.Add($"{name}.weight", [channels], Initialization.Ones, norm: true);
        _bias = layout.Add($"{name}.bias", [channels], Initialization.Zeros, norm: true);
    }

    /// <param name="context">Weights and mode.</param>
    /// <param name="input">B×channels×H×W. It stays as it is.</param>
    /// <param name="activation">What follows.</param>
    /// <param name="scaleShift">
    /// B×2·channels float32: the normalised input is multiplied by 1 + the first half, and the second half is added; null for neither.
    /// </param>
    public Tensor Forward(ForwardContext context, Tensor input, Activation activation, Tensor? scaleShift = null)
    {
        using var scope = NewDisposeScope();
        Tensor weight = context.Weights[_weight], bias = context.Weights[_bias];
        Tensor[]? parts = scaleShift?.chunk(2, 1);
        if (ChannelsLast.Suits(input) && weight.dtype == ScalarType.Float32)
        {
            if (parts is not null)
            {
                Tensor factor = parts[0].Plus(1);
                (weight, bias) = (weight * factor, (bias * factor).Plus(parts[1]));
            }

            return GroupNormFunction.Apply(input, weight, bias, Groups, Epsilon, activation, context.Training).MoveToOuterDisposeScope();
        }

        if (input.dtype != weight.dtype && input.device_type != TorchSharp.DeviceType.CPU)
        {
            // The CPU kernel takes a 16-bit input with float32 weights; the GPU kernel needs a single type. Predictions have copies of that
            // type (see WeightSet.Prepare). Training makes one here, through which the gradient comes back in float32.
            (weight, bias) = (weight.to_type(input.dtype), bias.to_type(input.dtype));
        }

        Tensor normed = functional.group_norm(input, Groups, weight, bias, Epsilon);
        if (parts is not null)
        {
            Tensor factor = PerPixel(parts[0]).Plus(1).to_type(normed.dtype), term = PerPixel(parts[1]).to_type(normed.dtype);
            normed = normed * factor;
            normed = context.Training ? normed.Plus(term) : normed.PlusInPlace(term);
        }

        // In place where no gradient needs what it overwrites.
        Tensor activated = activation switch
        {
            Activation.Silu => functional.silu(normed, inplace: !context.Training),
            Activation.Relu => functional.relu(normed, inplace: !context.Training),
            _ => normed,
        };
        return activated.MoveToOuterDisposeScope();

        static Tensor PerPixel(Tensor perChannel) => perChannel.unsqueeze(-1).unsqueeze(-1);
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue input, Activation activation, GraphValue? scaleShift = null)
    {
        GraphValue normed = input.GroupNormalized(Groups, context.Weight(_weight), context.Weight(_bias), Epsilon);
        if (scaleShift is not null)
        {
            GraphValue[] parts = scaleShift.WithAxis(-1).WithAxis(-1).Parts(1, 2);
            normed = normed.Times(parts[0].Plus(1)).Plus(parts[1]);
        }

        return activation switch
        {
            Activation.Silu => normed.Silu(),
            Activation.Relu => normed.Positive(),
            _ => normed,
        };
    }
}

/// <summary>
/// Residual block of the U-Net: norm, SiLU, convolution; second norm, SiLU, dropout, zeroed convolution; skip. An embedding, if there is
/// any, is added before the second norm, or scales and shifts the output of that norm.
/// </summary>
internal sealed class ResidualBlock
{
    private readonly bool _scaleShift;
    private readonly GroupNormalization _inputNorm, _outputNorm;
    private readonly Convolution _inputConvolution, _outputConvolution;
    private readonly Linear? _embedding;
    private readonly Convolution? _skip;

    public ResidualBlock(WeightLayout layout, string name, long inputs, long outputs, long? embeddingWidth, bool scaleShift)
    {
        _scaleShift = scaleShift;
        _inputNorm = new(layout, $"{name}.in_layers.0", inputs);
        _inputConvolution = new(layout, $"{name}.in_layers.2", inputs, outputs);
        _embedding = embeddingWidth is long width ? new(layout, $"{name}.emb_layers.1", width, scaleShift ? 2 * outputs : outputs) : null;
        _outputNorm = new(layout, $"{name}.out_layers.0", outputs);
        _outputConvolution = new(layout, $"{name}.out_layers.3", outputs, outputs, zero: true);
        _skip = inputs == outputs ? null : new(layout, $"{name}.skip_connection", inputs, outputs, kernel: 1);
    }

    /// <param name="context">Weights and mode.</param>
    /// <param name="input">B×inputs×H×W.</param>
    /// <param name="embedding">
    /// B×embedding width, already through SiLU (it is the same for every block); null if the network has none.
    /// </param>
    public Tensor Forward(ForwardContext context, Tensor input, Tensor? embedding)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _inputConvolution.Forward(context, _inputNorm.Forward(context, input, Activation.Silu));
        Tensor? scaleShift = null;
        if (_embedding is not null)
        {
            ArgumentNullException.ThrowIfNull(embedding);
            Tensor projected = _embedding.Forward(context, embedding);
            if (_scaleShift)
            {
                scaleShift = projected;
            }
            else
            {
                hidden = Sum(context, hidden, projected.unsqueeze(-1).unsqueeze(-1).to_type(hidden.dtype));
            }
        }

        hidden = _outputNorm.Forward(context, hidden, Activation.Silu, scaleShift);
        if (context.Dropout > 0)
        {
            Tensor kept = context.DrawDropout(hidden).AtLeast(context.Dropout);
            hidden = hidden * kept.to_type(hidden.dtype).OverInPlace(1 - context.Dropout);
        }

        hidden = _outputConvolution.Forward(context, hidden);
        Tensor skip = _skip is null ? input : _skip.Forward(context, input);
        return Sum(context, hidden, skip).MoveToOuterDisposeScope();
    }

    /// <param name="context">Graph and weights.</param>
    /// <param name="input">B×inputs×H×W.</param>
    /// <param name="embedding">As for <see cref="Forward"/>; a single row where all samples share it.</param>
    public GraphValue Emit(GraphContext context, GraphValue input, GraphValue? embedding)
    {
        GraphValue hidden = _inputConvolution.Emit(context, _inputNorm.Emit(context, input, Activation.Silu));
        GraphValue? scaleShift = null;
        if (_embedding is not null)
        {
            ArgumentNullException.ThrowIfNull(embedding);
            GraphValue projected = _embedding.Emit(context, embedding);
            if (_scaleShift)
            {
                scaleShift = projected;
            }
            else
            {
                hidden = hidden.Plus(projected.WithAxis(-1).WithAxis(-1));
            }
        }

        hidden = _outputConvolution.Emit(context, _outputNorm.Emit(context, hidden, Activation.Silu, scaleShift));
        return hidden.Plus(_skip is null ? input : _skip.Emit(context, input));
    }

    /// <summary>A sum, in place where no gradient needs what it overwrites.</summary>
    private static Tensor Sum(ForwardContext context, Tensor left, Tensor right) =>
        context.Training ? left.Plus(right) : left.PlusInPlace(right);
}

/// <summary>Self-attention over the pixels of a feature map.</summary>
internal sealed class AttentionBlock
{
    private readonly GroupNormalization _norm;
    private readonly int _qkvWeight, _qkvBias, _outputWeight, _outputBias, _heads;

    public AttentionBlock(WeightLayout layout, string name, long channels, int heads)
    {
        _norm = new(layout, $"{name}.norm", channels);
        _qkvWeight = layout.Add($"{name}.qkv.weight", [3 * channels, channels, 1], Initialization.Uniform, channels, lowPrecision: true);
        _qkvBias = layout.Add($"{name}.qkv.bias", [3 * channels], Initialization.Uniform, channels, lowPrecision: true);
        _outputWeight = layout.Add($"{name}.proj_out.weight", [channels, channels, 1], Initialization.Zeros, lowPrecision: true);
        _outputBias = layout.Add($"{name}.proj_out.bias", [channels], Initialization.Zeros, lowPrecision: true);
        _heads = heads;
    }

    public Tensor Forward(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        long batch = input.shape[0], channels = input.shape[1], height = input.shape[2], width = input.shape[3];

        // A convolution of width 1 is a linear layer on the channels of each pixel. Channels come last: torch's fused attention needs the
        // values of a pixel side by side. Heads come first, then the thirds q, k, v: B × pixels × heads × 3 × (channels / heads).
        Tensor normed = _norm.Forward(context, input, Activation.None).flatten(2).transpose(1, 2);
        Tensor qkv = functional.linear(normed, context.Weights[_qkvWeight].squeeze(-1), context.Weights[_qkvBias])
            .view(batch, height * width, _heads, 3, channels / _heads)
            .permute(3, 0, 2, 1, 4);
        Tensor attended = functional.scaled_dot_product_attention(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2));
        Tensor merged = attended.transpose(1, 2).reshape(batch, height * width, channels);
        Tensor output = functional.linear(merged, context.Weights[_outputWeight].squeeze(-1), context.Weights[_outputBias])
            .transpose(1, 2)
            .reshape(batch, channels, height, width);

        // The projections to q, k, v and back; then the products of q with k and of the shares with v.
        context.Operations?.Add(4 * input.numel(), channels);
        context.Operations?.Add(2 * input.numel(), height * width);
        return input.Plus(output).MoveToOuterDisposeScope();
    }

    public GraphValue Emit(GraphContext context, GraphValue input)
    {
        long channels = input.Shape[1], height = input.Shape[2], width = input.Shape[3], each = channels / _heads;
        GraphValue normed = _norm.Emit(context, input, Activation.None).Reshaped(0, channels, height * width);
        GraphValue[] qkv = normed.Convolution(context.Weight(_qkvWeight), context.Weight(_qkvBias))
            .Reshaped(0, _heads, 3 * each, height * width)
            .Parts(2, 3);
        GraphValue shares = qkv[0].Times(1 / Math.Sqrt(each)).Transposed(0, 1, 3, 2).MatrixProduct(qkv[1]).Softmax();
        GraphValue attended = qkv[2].MatrixProduct(shares.Transposed(0, 1, 3, 2)).Reshaped(0, channels, height * width);
        return input.Plus(attended
            .Convolution(context.Weight(_outputWeight), context.Weight(_outputBias))
            .Reshaped(0, channels, height, width));
    }
}

/// <summary>Halves both sides with a strided convolution.</summary>
internal sealed class Downsampling(WeightLayout layout, string name, long channels)
{
    private readonly Convolution _convolution = new(layout, $"{name}.op", channels, channels, stride: 2);

    public Tensor Forward(ForwardContext context, Tensor input) => _convolution.Forward(context, input);

    public GraphValue Emit(GraphContext context, GraphValue input) => _convolution.Emit(context, input);
}

/// <summary>Doubles both sides by repetition, then a convolution.</summary>
internal sealed class Upsampling(WeightLayout layout, string name, long channels)
{
    private readonly Convolution _convolution = new(layout, $"{name}.conv", channels, channels);

    public Tensor Forward(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor large = functional.interpolate(input, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return _convolution.Forward(context, large).MoveToOuterDisposeScope();
    }

    public GraphValue Emit(GraphContext context, GraphValue input) => _convolution.Emit(context, input.Doubled());
}
