using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>
/// What the training loop is told of one sort of model: its weights, the samples of a step and their loss, and the model
/// that the weights make.
/// </summary>
/// <typeparam name="TModel">The sort of model.</typeparam>
internal interface ITrainingObjective<TModel> : IDisposable
    where TModel : SegmentationModel
{
    /// <summary>
    /// All that fixes the weights' names and shapes and how they are used: a record, whose members say what tells one run from another.
    /// </summary>
    object Description { get; }

    /// <summary>The network's shape.</summary>
    NetworkOptions Network { get; }

    /// <summary>Names and shapes of the weights.</summary>
    WeightLayout Layout { get; }

    /// <summary>Dropout probability while training.</summary>
    double Dropout { get; }

    /// <summary>Says once, before the first step, which cases are trained on.</summary>
    void Begin(IReadOnlyList<TrainingCase> cases);

    /// <summary>
    /// Adds the gradients of the mean loss of a step's samples, times a scale, to those of the context's weights. The same step (from 0)
    /// of the same seed draws the same samples.
    /// </summary>
    /// <returns>The mean loss, not scaled; owned by the surrounding dispose scope.</returns>
    Tensor Differentiate(ForwardContext context, long step, double scale);

    /// <summary>A model over weights that it then owns.</summary>
    TModel CreateModel(WeightSet weights);
}
