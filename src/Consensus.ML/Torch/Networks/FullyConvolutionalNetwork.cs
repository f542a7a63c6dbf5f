using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// FCN-8s of Long et al. 2015: five stages of convolutions that each end with a pooling, scores after the stages 3, 4 and 5 (at 1/8, 1/16
/// and 1/32 of each side), and their sum from coarse to fine (section 4.2). The scores start at zero, as in the paper. Unlike the paper's,
/// the convolutions are normalised, and all upsampling is bilinear and fixed.
/// </summary>
internal sealed class FullyConvolutionalNetwork
{
    // Scores are taken after these stages, from 0, and after the last.
    private const int Third = 2, Fourth = 3;

    private readonly List<NormedConvolution[]> _stages = [];
    private readonly NormedConvolution _head1, _head2;
    private readonly Convolution _score8, _score16, _score32;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="prefix">The beginning of their names.</param>
    /// <param name="options">The shape.</param>
    /// <param name="modelChannels">The base channels L.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    public FullyConvolutionalNetwork(
        WeightLayout layout,
        string prefix,
        FullyConvolutionalOptions options,
        long modelChannels,
        long inputs,
        long outputs)
    {
        long channels = inputs;
        for (int stage = 0; stage < options.Convolutions.Count; stage++)
        {
            long width = Width(stage);
            _stages.Add(
            [
                .. Enumerable.Range(0, options.Convolutions[stage]).Select(index => new NormedConvolution(
                    layout, $"{prefix}stage{stage + 1}.{index}", index == 0 ? channels : width, width)),
            ]);
            channels = width;
        }

        long head = modelChannels * options.HeadMultiplier;
        _head1 = new(layout, $"{prefix}head.0", channels, head);
        _head2 = new(layout, $"{prefix}head.1", head, head, kernel: 1);
        _score32 = Score("score32", head);
        _score16 = Score("score16", Width(Fourth));
        _score8 = Score("score8", Width(Third));

        long Width(int stage) => modelChannels * options.ChannelMultipliers[stage];
        Convolution Score(string name, long width) =>
            new(layout, prefix + name, width, outputs, kernel: 1, zero: true, lowPrecision: false);
    }

    /// <summary>A pass.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×inputs×H×W, in any type of floating point.</param>
    /// <returns>B×outputs×H×W float32.</returns>
    public Tensor Forward(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<Tensor> scores = Scores(context, images);
        return SkipSum(scores[0], scores[1], scores[2], images.shape[^2..]).MoveToOuterDisposeScope();
    }

    /// <summary>The scores at 1/32, 1/16 and 1/8 of each side, float32; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×inputs×H×W, in any type of floating point.</param>
    public IReadOnlyList<Tensor> Scores(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = images.to_type(_stages[0][0].Type(context));
        var pooled = new List<Tensor>();
        foreach (NormedConvolution[] stage in _stages)
        {
            foreach (NormedConvolution convolution in stage)
            {
                hidden = convolution.Forward(context, hidden);
            }

            hidden = functional.max_pool2d(hidden, 2, 2, ceil_mode: true);
            pooled.Add(hidden);
        }

        hidden = _head2.Forward(context, _head1.Forward(context, hidden));
        return [Score(_score32, hidden), Score(_score16, pooled[Fourth]), Score(_score8, pooled[Third])];

        Tensor Score(Convolution score, Tensor features) =>
            score.Forward(context, features.to_type(ScalarType.Float32)).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue images)
    {
        GraphValue hidden = images;
        var pooled = new List<GraphValue>();
        foreach (NormedConvolution[] stage in _stages)
        {
            hidden = stage.Aggregate(hidden, (value, convolution) => convolution.Emit(context, value)).MaximumOfPairs();
            pooled.Add(hidden);
        }

        hidden = _head2.Emit(context, _head1.Emit(context, hidden));
        GraphValue at16 = _score16.Emit(context, pooled[Fourth]), at8 = _score8.Emit(context, pooled[Third]);
        GraphValue sum16 = _score32.Emit(context, hidden).Resized(at16.Shape[2], at16.Shape[3]).Plus(at16);
        return sum16.Resized(at8.Shape[2], at8.Shape[3]).Plus(at8).Resized(images.Shape[2], images.Shape[3]);
    }

    /// <summary>
    /// The scores of three scales in one map: the coarsest is enlarged to the next and added, their sum is enlarged to the finest and
    /// added, and that sum is enlarged to the image. Owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="at32">Scores at 1/32 of each side.</param>
    /// <param name="at16">Scores at 1/16.</param>
    /// <param name="at8">Scores at 1/8.</param>
    /// <param name="side">Height and width of the image.</param>
    public static Tensor SkipSum(Tensor at32, Tensor at16, Tensor at8, long[] side)
    {
        using var scope = NewDisposeScope();
        Tensor sum16 = Bilinear.Resize(at32, at16.shape[^2..]).Plus(at16);
        Tensor sum8 = Bilinear.Resize(sum16, at8.shape[^2..]).Plus(at8);
        return Bilinear.Resize(sum8, side).MoveToOuterDisposeScope();
    }
}
