using Consensus.ML.Graphs;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// A network that draws whole masks at random: what all samples of an image share is computed once, and each sample then takes a few
/// standard normal numbers.
/// </summary>
internal interface ISampledNetwork
{
    /// <summary>How many standard normal numbers a sample takes.</summary>
    int NoiseSize { get; }

    /// <summary>How many standard normal numbers a training step takes for each image.</summary>
    long TrainingNoiseSize { get; }

    /// <summary>What all samples of an image share; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="image">1×C×H×W.</param>
    IReadOnlyList<Tensor> Condition(ForwardContext context, Tensor image);

    /// <summary>Logits of masks, samples×H×W float32; owned by the surrounding dispose scope.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="condition">From <see cref="Condition"/>.</param>
    /// <param name="noise">Samples×<see cref="NoiseSize"/>.</param>
    Tensor Sample(ForwardContext context, IReadOnlyList<Tensor> condition, Tensor noise);

    /// <summary>
    /// The loss of each image, B, in nats for each pixel: divided by the number of pixels, so that a learning rate and a bound of the
    /// gradients suit any size, as they do for cross-entropy. Owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×C×H×W.</param>
    /// <param name="masks">B×1×H×W of 0 and 1: for each image, the mask of one rater.</param>
    /// <param name="noise">B×<see cref="TrainingNoiseSize"/>.</param>
    Tensor Loss(ForwardContext context, Tensor images, Tensor masks, Tensor noise);

    /// <summary><see cref="Condition"/> and <see cref="Sample"/> in a graph: samples×H×W logits.</summary>
    /// <param name="context">Graph and weights.</param>
    /// <param name="image">1×C×H×W.</param>
    /// <param name="noise">Samples×<see cref="NoiseSize"/>.</param>
    GraphValue EmitSamples(GraphContext context, GraphValue image, GraphValue noise);
}
