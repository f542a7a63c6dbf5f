using Consensus.ML.Graphs;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// One kind of one-pass model: its network, what it learns, its loss, and how it predicts. <see cref="OnePassVariants"/> lists the kinds.
/// A variant declares its weights in <see cref="Layout"/> while it is made, and holds no values: each pass brings them.
/// </summary>
/// <param name="description">The model.</param>
/// <param name="target">What it learns of the raters.</param>
internal abstract class OnePassVariant(UNetDescription description, OnePassTarget target)
{
    /// <summary>The model.</summary>
    public UNetDescription Description => description;

    /// <summary>What it learns of the raters.</summary>
    public OnePassTarget Target => target;

    /// <summary>Names and shapes of the weights.</summary>
    public WeightLayout Layout { get; } = new();

    /// <summary>Dropout probability while training.</summary>
    public virtual double TrainingDropout => description.Network.Dropout;

    /// <summary>Maps that each pass adds to the samples of a prediction.</summary>
    public virtual int MapsOfPass => target.Count;

    /// <summary>Why an ONNX graph cannot predict as this model does; null if it can.</summary>
    public virtual string? GraphRefusal => null;

    /// <summary>The outputs of a pass as they are used in predictions.</summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="images">B×C×H×W float32, normalised.</param>
    /// <returns>B×maps×H×W float32, before the sigmoid.</returns>
    public abstract Tensor Logits(ForwardContext context, Tensor images);

    /// <summary><see cref="Logits"/> in a graph; called only where <see cref="GraphRefusal"/> is null.</summary>
    public virtual GraphValue EmitLogits(GraphContext context, GraphValue images) => throw new NotSupportedException(GraphRefusal);

    /// <summary>
    /// The mean loss of a batch. Random numbers come from the context's generator (<see cref="ForwardContext.DropoutGenerator"/>), and for
    /// the whole batch where only a part of it is computed (<see cref="ForwardContext.Part"/>).
    /// </summary>
    /// <param name="context">Weights and mode.</param>
    /// <param name="batch">The images and their targets.</param>
    /// <param name="diceWeight">Weight of the soft Dice loss.</param>
    /// <returns>A single number, owned by the surrounding dispose scope.</returns>
    public virtual Tensor Loss(ForwardContext context, UNetBatch batch, double diceWeight) =>
        OnePassLosses.CrossEntropyAndDice(Logits(context, batch.Images), batch.Targets, batch.Present, diceWeight);

    /// <summary>
    /// The maps of a prediction: one pass over each view with each member, averaged, unless a kind draws at random.
    /// </summary>
    /// <param name="passes">The image, and what a pass over it needs.</param>
    /// <returns>N×H×W in [0, 1], on the CPU; owned by the surrounding dispose scope.</returns>
    public virtual Tensor Maps(OnePassPasses passes) => passes.Mean(Logits);

    /// <summary>What the maps say of the raters.</summary>
    /// <param name="maps">The result of <see cref="Maps"/>.</param>
    /// <param name="keepSamples">Whether the maps themselves are part of the prediction.</param>
    public virtual ConsensusPrediction Reduce(Tensor maps, bool keepSamples = false) =>
        MapReduction.Reduce(maps, target.Meaning, description.Levels, description.Rounded, keepSamples);

    /// <summary><see cref="Maps"/> in a graph; called only where <see cref="GraphRefusal"/> is null.</summary>
    /// <param name="prediction">How to predict.</param>
    /// <param name="image">1×C×H×W, normalised.</param>
    /// <exception cref="NotSupportedException">A graph cannot predict with these options; the message names the option.</exception>
    public virtual GraphValue EmitMaps(GraphPrediction prediction, GraphValue image)
    {
        Mirrored[] views = prediction.Mirroring.ViewsFor(prediction.Sampling);
        GraphValue seen = GraphValue.Join([.. views.Select(view => prediction.Mirroring.EmitView(image, view, prediction.Sampling))], 0);
        var passes = new List<GraphValue>();
        for (int member = 0; member < prediction.Members; member++)
        {
            GraphValue output = prediction.Check(EmitLogits(prediction.Context(Layout, member), seen));
            GraphValue maps = output.Sigmoid();
            passes.AddRange(views.Select((view, i) => Mirroring.EmitFlip(maps.Part(0, i, 1), view)));
        }

        return GraphValue.Join(passes, 0).Mean(0);
    }

    /// <summary><see cref="Reduce"/> in a graph.</summary>
    public virtual GraphMaps EmitReduced(GraphValue maps) =>
        MapReduction.Emit(maps, target.Meaning, description.Levels, description.Rounded);
}
