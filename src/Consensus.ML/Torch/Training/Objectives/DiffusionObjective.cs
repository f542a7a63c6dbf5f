using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Objectives;

/// <summary>Trains a diffusion model: (map, level, time) triples, seeded noise, and the losses of the diffusion process.</summary>
internal sealed class DiffusionObjective : ITrainingObjective<ConsensusModel>
{
    private readonly ModelDescription _description;
    private readonly TrainingOptions _options;
    private readonly Func<IReadOnlyList<TrainingCase>, BatchPart, BatchSource> _open;
    private readonly int _seed;
    private readonly Device _device;
    private readonly ConsensusNetwork _network;
    private readonly DiffusionProcess _process;
    private BatchPart? _part;
    private DrawnAhead<Func<Device, TrainingBatch>>? _batches;

    public DiffusionObjective(
        ModelDescription description,
        TrainingOptions options,
        AugmentationPolicy? augmentation,
        IReadOnlyList<float> padding,
        int seed,
        Device device)
    {
        NativeTorch.EnsureLoaded();
        (_description, _options, _seed, _device) = (description, options, seed, device);
        _open = (cases, part) => new(description, options, augmentation, padding, seed, cases, part);
        _network = description.CreateNetwork();
        _process = new(description.Diffusion, NoiseSchedule.Create(description.Diffusion.Schedule, description.Diffusion.Steps), device);
    }

    /// <inheritdoc/>
    public object Description => _description;

    /// <inheritdoc/>
    public WeightLayout Layout => _network.Layout;

    /// <inheritdoc/>
    public double Dropout => _description.Network.Dropout;

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
        TrainingBatch batch = _batches!.Take(step)(_device);
        using Generator generator = SeededNumbers.Begin(SeededRandom.Seed(_seed, SeededRandom.Purpose.Noise, step));

        // The noise of the whole batch, so that an image gets the same wherever it is computed.
        long[] shape = batch.Starts.shape;
        long passes = shape[0], each = passes / _part!.Count;
        shape[0] = each * _part.Whole;
        Tensor noise = SeededNumbers.Normal(shape, _device, generator).narrow(0, each * _part.First, passes);
        return new GradientPass(_network, _process, _options)
            .Run(_part.IsWhole ? context : context with { Part = _part }, batch, noise, scale)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public ConsensusModel CreateModel(IReadOnlyList<WeightSet> weights) =>
        ConsensusModel.FromWeights(_description, _network, weights, _device);

    /// <inheritdoc/>
    public void Dispose()
    {
        _batches?.Dispose();
        _process.Dispose();
    }
}
