using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>Trains a one-pass network: images, their targets, and the loss of its variant.</summary>
internal sealed class UNetObjective : ITrainingObjective<UNetModel>
{
    private readonly OnePassVariant _variant;
    private readonly TrainingOptions _options;
    private readonly Func<IReadOnlyList<TrainingCase>, BatchPart, UNetBatchSource> _open;
    private readonly Device _device;
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
        (_variant, _options, _device) = (description.Variant(), options, device);
        _open = (cases, part) => new(description, _variant.Target, options, augmentation, padding, seed, cases, part);
    }

    /// <inheritdoc/>
    public object Description => _variant.Description;

    /// <inheritdoc/>
    public WeightLayout Layout => _variant.Layout;

    /// <inheritdoc/>
    public double Dropout => _variant.TrainingDropout;

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
        return MicroBatches.Sum(context, _part!, _options.MicroBatchSize, (pass, first, count, share) =>
        {
            UNetBatch slice = batch.Slice(first, count);
            Tensor loss = _variant.Loss(pass, slice, _options.DiceLossWeight);
            loss.Times(scale * share).backward();
            return loss;
        }).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public UNetModel CreateModel(IReadOnlyList<WeightSet> weights) => new(_variant, weights, _device);

    /// <inheritdoc/>
    public void Dispose() => _batches?.Dispose();
}
