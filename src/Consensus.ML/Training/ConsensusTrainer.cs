using Consensus.ML.Imaging;
using TorchSharp;

namespace Consensus.ML.Training;

/// <summary>The training loop: knows tensors, not data views.</summary>
/// <param name="description">The model to train.</param>
/// <param name="options">How.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">What comes in from outside when a slice is moved, one value a channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random: initial weights, split, batches, augmentation, times, noise.</param>
/// <param name="device">Where to train.</param>
internal sealed class ConsensusTrainer(ModelDescription description, TrainingOptions options, AugmentationPolicy? augmentation, IReadOnlyList<float> padding, int seed, torch.Device device)
{
    /// <summary>Trains; when cancelled, returns the best model so far.</summary>
    /// <param name="cases">All training cases; some are set aside for validation.</param>
    /// <param name="progress">Told after every step; may be null.</param>
    /// <param name="log">Told of notable events, one line each; may be null.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="InvalidOperationException">The loss became NaN or infinite; the message says at which step.</exception>
    public (ConsensusModel Model, TrainingHistory History) Train(IReadOnlyList<TrainingCase> cases, IProgress<TrainingProgress>? progress, Action<string>? log, CancellationToken cancellation) =>
        throw new NotImplementedException($"{description}{options}{augmentation}{padding}{seed}{device}{cases}{progress}{log}{cancellation}");
}
