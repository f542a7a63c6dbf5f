using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>Trains a one-pass U-Net: images, the target of each output, and cross-entropy.</summary>
internal sealed class UNetObjective : ITrainingObjective<UNetModel>
{
    private readonly UNetDescription _description;
    private readonly TrainingOptions _options;
    private readonly Func<IReadOnlyList<TrainingCase>, BatchPart, UNetBatchSource> _open;
    private readonly Device _device;
    private readonly UNet _network;
    private BatchPart? _part;
    private DrawnAhead<Func<Device, UNetBatch>>? _batches;

    public UNetObjective(
        UNetDescription description,
        TrainingOptions options,
        AugmentationPolicy? augmentation,
        IReadOnlyList<float> padding,
        int seed,
        Device device)
    {
        NativeTorch.EnsureLoaded();
        (_description, _options, _device) = (description, options, device);
        _open = (cases, part) => new(description, options, augmentation, padding, seed, cases, part);
        (_network, Layout) = description.CreateNetwork();
    }

    /// <inheritdoc/>
    public object Description => _description;

    /// <inheritdoc/>
    public NetworkOptions Network => _description.Network;

    /// <inheritdoc/>
    public WeightLayout Layout { get; }

    /// <inheritdoc/>
    public double Dropout => _description.Kind == UNetKind.MonteCarloDropout ? _description.PassDropout : _description.Network.Dropout;

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<TrainingCase> cases, BatchPart part)
    {
        _part = part;
        _batches = new(_open(cases, part).Draw);
    }

    /// <inheritdoc/>
    public Tensor Differentiate(ForwardContext context, long step, double scale)
    {
        using var scope = NewDisposeScope();
        UNetBatch batch = _batches!.Take(step)(_device);
        return MicroBatches.Sum(_part!, _options.MicroBatchSize, (first, count, share) =>
        {
            UNetBatch slice = batch.Slice(first, count);
            ForwardContext pass = _part!.IsWhole ? context : context with { Part = _part.Slice(first, count) };
            Tensor logits = _network.Forward(pass, _network.Enter(pass, slice.Images), embedding: null);
            Tensor loss = Loss(logits, slice.Targets, slice.Present, _options.DiceLossWeight);
            loss.Times(scale * share).backward();
            return loss;
        }).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Cross-entropy and soft Dice loss, averaged over the pixels of an output, then over the outputs of an image that have a target, then
    /// over the images.
    /// </summary>
    /// <param name="logits">B×heads×H×W.</param>
    /// <param name="targets">B×heads×H×W in [0, 1].</param>
    /// <param name="present">B×heads of 0 and 1, with at least one 1 for each image; null for all.</param>
    /// <param name="diceWeight">Weight of the soft Dice loss.</param>
    public static Tensor Loss(Tensor logits, Tensor targets, Tensor? present, double diceWeight)
    {
        using var scope = NewDisposeScope();
        Tensor losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction: Reduction.None).flatten(2).mean([2]);
        if (diceWeight > 0)
        {
            losses = losses.Plus(DiceLoss(logits, targets).Times(diceWeight));
        }

        return (present is null ? losses.mean() : ((losses * present).sum(1) / present.sum(1)).mean()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public UNetModel CreateModel(IReadOnlyList<WeightSet> weights) => new(_description, _network, weights, _device);

    /// <inheritdoc/>
    public void Dispose() => _batches?.Dispose();

    /// <summary>Soft Dice loss of each output, 0 to 1, B×heads; the diffusion model has the same loss on x_0.</summary>
    private static Tensor DiceLoss(Tensor logits, Tensor targets)
    {
        Tensor share = logits.sigmoid().flatten(2), truth = targets.flatten(2);
        Tensor overlap = (share * truth).sum(2).Times(2).Plus(1);
        return (overlap / share.sum(2).Plus(truth.sum(2)).Plus(1)).SubtractedFrom(1);
    }
}
