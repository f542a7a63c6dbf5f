using Consensus.ML.Options;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>The gradients of a step, within the memory that the options allow.</summary>
internal sealed class GradientPass(ConsensusNetwork network, DiffusionProcess process, TrainingOptions options)
{
    /// <summary>Adds the gradients of a batch's mean loss, or of the share of some images, to those of the context's weights.</summary>
    /// <param name="context">Weights with gradients to add to, and which images of the batch these are.</param>
    /// <param name="batch">The images.</param>
    /// <param name="noise">ε for each of their maps.</param>
    /// <param name="scale">The factor of the gradients.</param>
    /// <returns>Their share of the mean loss, without the factor; owned by the surrounding dispose scope.</returns>
    public Tensor Run(ForwardContext context, TrainingBatch batch, Tensor noise, double scale)
    {
        // The loss is a mean over the maps, and each image has the same number of maps.
        long images = batch.Images.shape[0], pairs = batch.Starts.shape[0] / images;
        BatchPart part = context.Part ?? BatchPart.WholeOf((int)images);
        return MicroBatches.Sum(context, part, options.MicroBatchSize, (pass, first, count, share) => RunSlice(
            pass,
            batch.Slice(first, count),
            noise.narrow(0, first * pairs, count * pairs),
            scale * share));
    }

    private Tensor RunSlice(ForwardContext context, TrainingBatch batch, Tensor noise, double scale)
    {
        Tensor current = process.AddNoise(batch.Starts, batch.Steps, noise);
        CheckpointedEncoding? encoding = options.GradientCheckpointing ? network.EncodeImageCheckpointed(context, batch.Images) : null;
        Tensor features = encoding?.Features ?? network.EncodeImage(context, batch.Images);
        Tensor output = network.Forward(context, current, features, process.NetworkTimes(batch.Steps), batch.Levels);
        Tensor loss = process.Loss(output, batch.Starts, current, batch.Steps, noise, options.MinSnrGamma, batch.Present).Total.mean();
        if (options.DiceLossWeight > 0)
        {
            loss = loss.Plus(process.DiceLoss(output, batch.Starts, batch.Present).mean().Times(options.DiceLossWeight));
        }

        loss.Times(scale).backward();
        encoding?.Backward();
        return loss;
    }
}
