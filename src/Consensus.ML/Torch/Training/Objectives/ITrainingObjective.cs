using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>
/// What the training loop needs to know about a kind of model: its weights, the samples of a step and their loss, and how to make the model
/// from the weights.
/// </summary>
/// <typeparam name="TModel">The kind of model.</typeparam>
internal interface ITrainingObjective<TModel> : IDisposable
    where TModel : SegmentationModel
{
    /// <summary>
    /// Everything that determines the weights' names, shapes and use. It is a record; its members show how two runs differ.
    /// </summary>
    object Description { get; }

    /// <summary>Names and shapes of the weights.</summary>
    WeightLayout Layout { get; }

    /// <summary>Dropout probability while training.</summary>
    double Dropout { get; }

    /// <summary>Sets what to train on; called once, before the first step.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="part">The images of each step that this process computes.</param>
    void Begin(IReadOnlyList<TrainingCase> cases, BatchPart part);

    /// <summary>
    /// Adds the gradients of the mean loss of a step's samples, times a scale, to the gradients of the context's weights: the share of this
    /// process. The same step (from 0) with the same seed draws the same samples.
    /// </summary>
    /// <returns>The share of this process in the mean loss, not scaled; owned by the surrounding dispose scope.</returns>
    Tensor Differentiate(ForwardContext context, long step, double scale);

    /// <summary>A model with the given weights, one set for each member; the model then owns them.</summary>
    TModel CreateModel(IReadOnlyList<WeightSet> weights);
}
