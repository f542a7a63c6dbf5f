using Consensus.ML.Graphs;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// Three 1×1 convolutions that join a latent, the same at every pixel, to the last features of a U-Net (Kohl et al. 2018, f_comb).
/// </summary>
/// <remarks>
/// The first convolution of features and latent is the sum of one of the features and one of the latent. The first of these is computed
/// once for an image, and the second once for a sample, not for every pixel.
/// </remarks>
internal sealed class LatentCombination
{
    private readonly Convolution _features, _middle, _output;
    private readonly Linear _latent;
    private readonly int _patch;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="name">Stands before their names.</param>
    /// <param name="features">Channels of the features.</param>
    /// <param name="latent">Numbers of the latent.</param>
    /// <param name="patch">The side of the patches of pixels that the features stand for.</param>
    public LatentCombination(WeightLayout layout, string name, long features, int latent, int patch)
    {
        _patch = patch;
        _features = new(layout, $"{name}.features", features, features, kernel: 1, lowPrecision: false);
        _latent = new(layout, $"{name}.latent", latent, features);
        _middle = new(layout, $"{name}.middle", features, features, kernel: 1, lowPrecision: false);
        _output = new(layout, $"{name}.output", features, (long)patch * patch, kernel: 1, lowPrecision: false);
    }

    /// <summary>The part of the first convolution that all samples share.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="features">B×features×h×w float32.</param>
    public Tensor Enter(ForwardContext context, Tensor features) => _features.Forward(context, features);

    /// <summary><see cref="Enter"/> in a graph.</summary>
    public GraphValue EmitEnter(GraphContext context, GraphValue features) => _features.Emit(context, features);

    /// <summary>Logits.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="entered">From <see cref="Enter"/>: B×features×h×w, or one row for all latents.</param>
    /// <param name="latents">B×latent.</param>
    /// <returns>B×1×H×W float32.</returns>
    public Tensor Forward(ForwardContext context, Tensor entered, Tensor latents)
    {
        using var scope = NewDisposeScope();
        Tensor joined = entered.Plus(_latent.Forward(context, latents).unsqueeze(-1).unsqueeze(-1));
        Tensor hidden = functional.relu(_middle.Forward(context, functional.relu(joined)));
        return Patches.Unfold(_output.Forward(context, hidden), _patch).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph.</summary>
    public GraphValue Emit(GraphContext context, GraphValue entered, GraphValue latents)
    {
        GraphValue joined = entered.Plus(_latent.Emit(context, latents).WithAxis(-1).WithAxis(-1));
        return Patches.EmitUnfold(_output.Emit(context, _middle.Emit(context, joined.Positive()).Positive()), _patch);
    }
}
