using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// ε(x_t, I, t, c) = D(E(F(x_t) + G(I), emb)): the conditional U-Net of Amit et al. 2023 (section 3, Figure 1). Or, with
/// <see cref="Conditioning.Concatenation"/>, D(E(F(I, x_t), emb)). It holds structure only; each pass brings the weights.
/// </summary>
internal sealed class ConsensusNetwork
{
    private readonly NetworkOptions _options;
    private readonly Linear _time1, _time2;
    private readonly int? _levelEmbedding;
    private readonly ImageEncoder? _encoder;
    private readonly UNet _unet;

    /// <param name="options">The shape.</param>
    /// <param name="imageSide">
    /// The smaller side of a slice, in pixels: attention is used if a feature map's side is listed in the options.
    /// </param>
    /// <param name="imageChannels">Channels of a slice.</param>
    /// <param name="levels">Number of levels to embed; null if the target has none.</param>
    /// <param name="learnedVariance">Whether there is a second output channel for each map.</param>
    /// <param name="maps">Maps that a pass draws.</param>
    public ConsensusNetwork(NetworkOptions options, int imageSide, int imageChannels, int? levels, bool learnedVariance, int maps = 1)
    {
        _options = options;
        WeightLayout layout = Layout;
        long channels = options.ModelChannels, embedding = 4 * channels;
        _time1 = new(layout, "time_embed.0", channels, embedding);
        _time2 = new(layout, "time_embed.2", embedding, embedding);
        _levelEmbedding = levels is int count ? layout.Add("label_emb.weight", [count, embedding], Initialization.Normal) : null;
        _encoder = options.Conditioning == Conditioning.Encoder ? new(layout, "rrdb", imageChannels, options.ModelChannels, options) : null;
        _unet = new(
            layout, options, imageSide, _encoder is null ? imageChannels + maps : maps, learnedVariance ? 2 * maps : maps, embedding,
            zeroInput: _encoder is not null && options.NoiseStartsAtZero);
    }

    /// <summary>Names and shapes of the weights, in checkpoint order.</summary>
    public WeightLayout Layout { get; } = new();

    /// <summary>
    /// The part that depends on the image alone: G(I), or without an encoder the image as input of the first convolution.
    /// </summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="image">B×image channels×H×W float32, normalised.</param>
    /// <returns>B×L×H/PatchSize×W/PatchSize, or B×image channels×H×W, in the pass's precision.</returns>
    public Tensor EncodeImage(ForwardContext context, Tensor image)
    {
        using var scope = NewDisposeScope();
        Tensor typed = image.to_type(_unet.Type(context));
        return (_encoder is null ? typed.alias() : _encoder.Forward(context, typed)).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="EncodeImage"/> in a graph.</summary>
    public GraphValue EmitEncodeImage(GraphContext context, GraphValue image) => _encoder?.Emit(context, image) ?? image;

    /// <summary>
    /// G(I) for training with gradient checkpointing: it computes its activations again for the gradient instead of keeping them. Null
    /// without an encoder.
    /// </summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="image">B×image channels×H×W float32, normalised.</param>
    public CheckpointedEncoding? EncodeImageCheckpointed(ForwardContext context, Tensor image) =>
        _encoder is null ? null : new(_encoder, context, image.to_type(_unet.Type(context)));

    /// <summary>One pass of the U-Net.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="noisy">
    /// x_t: (B·P)×M×H×W float32, with the M maps of a pass as channels. The P passes of an image follow one another.
    /// </param>
    /// <param name="imageFeatures">The result of <see cref="EncodeImage"/> for the B images.</param>
    /// <param name="times">B·P diffusion times.</param>
    /// <param name="levels">B·P levels from 1 (int64); null where the target has none.</param>
    /// <param name="seen">
    /// The image of each pass, from 0, where the passes are in another order or are only some of them; without gradients.
    /// </param>
    /// <returns>(B·P)×M or 2M×H×W float32: the predictions and, if the variance is learned, its interpolation v.</returns>
    public Tensor Forward(
        ForwardContext context,
        Tensor noisy,
        Tensor imageFeatures,
        Tensor times,
        Tensor? levels,
        ReadOnlyMemory<int>? seen = null)
    {
        using var scope = NewDisposeScope();
        Tensor embedding = _time2.Forward(
            context, functional.silu(_time1.Forward(context, TimestepEmbedding.Create(times, _options.ModelChannels))));
        if (_levelEmbedding is int table)
        {
            ArgumentNullException.ThrowIfNull(levels);
            embedding = embedding.Plus(context.Weights[table].index_select(0, levels.Minus(1)));
        }

        embedding = functional.silu(embedding);
        return _unet.Forward(
            context, _encoder is null ? Concatenated(context, noisy, imageFeatures, seen) : Added(context, noisy, imageFeatures, seen),
            embedding)
            .MoveToOuterDisposeScope();
    }

    /// <summary>One pass of the U-Net in a graph, at a time that is known when the graph is made.</summary>
    /// <param name="context">Graph and weights.</param>
    /// <param name="noisy">x_t: P×M×H×W.</param>
    /// <param name="imageFeatures">
    /// Of <see cref="EmitEncodeImage"/>: a single entry for all passes, or one for each of them.
    /// </param>
    /// <param name="time">The diffusion time of all passes.</param>
    /// <param name="levels">P levels from 1 (int64); null where the target has none.</param>
    public GraphValue Emit(GraphContext context, GraphValue noisy, GraphValue imageFeatures, int time, GraphValue? levels)
    {
        GraphValue embedding = _time2.Emit(
            context, _time1.Emit(context, TimestepEmbedding.Emit(context.Graph, time, _options.ModelChannels)).Silu());
        if (_levelEmbedding is int table)
        {
            ArgumentNullException.ThrowIfNull(levels);
            embedding = context.Weight(table).Rows(levels.Plus(-1)).Plus(embedding);
        }

        return _unet.Emit(
            context, _encoder is null
                ? _unet.EmitEnter(context, GraphValue.Join([imageFeatures.RepeatedAs(noisy), noisy], 1))
                : _unet.EmitEnter(context, noisy).Plus(imageFeatures),
            embedding.Silu());
    }

    /// <summary>F(x_t) + G(I).</summary>
    private Tensor Added(ForwardContext context, Tensor noisy, Tensor imageFeatures, ReadOnlyMemory<int>? seen)
    {
        Tensor hidden = _unet.Enter(context, noisy);
        if (seen is not null)
        {
            // In place, so that the features are not copied for each pass.
            foreach ((int image, long first, long count) in Runs(seen.Value))
            {
                hidden.narrow(0, first, count).PlusInPlace(imageFeatures.narrow(0, image, 1));
            }

            return hidden;
        }

        long pairs = hidden.shape[0] / imageFeatures.shape[0];
        return pairs == 1
            ? hidden.Plus(imageFeatures)
            : hidden.view(imageFeatures.shape[0], pairs, hidden.shape[1], hidden.shape[2], hidden.shape[3])
                .Plus(imageFeatures.unsqueeze(1))
                .view(hidden.shape);
    }

    /// <summary>F(I, x_t), with the image first, as in Wolleb et al. 2022.</summary>
    private Tensor Concatenated(ForwardContext context, Tensor noisy, Tensor image, ReadOnlyMemory<int>? seen)
    {
        long pairs = noisy.shape[0] / image.shape[0];
        Tensor images = seen is not null
            ? cat([.. Runs(seen.Value).Select(run => image.narrow(0, run.Image, 1).expand(run.Count, -1, -1, -1))], 0)
            : pairs == 1 ? image : image.repeat_interleave(pairs, 0);
        return _unet.Enter(context, cat([images, noisy.to_type(image.dtype)], 1));
    }

    /// <summary>The passes that follow one another and see the same image.</summary>
    private static List<(int Image, long First, long Count)> Runs(ReadOnlyMemory<int> seen)
    {
        List<(int Image, long First, long Count)> runs = [];
        foreach (int image in seen.Span)
        {
            if (runs.Count > 0 && runs[^1].Image == image)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            }
            else
            {
                runs.Add((image, runs.Count == 0 ? 0 : runs[^1].First + runs[^1].Count, 1));
            }
        }

        return runs;
    }
}
