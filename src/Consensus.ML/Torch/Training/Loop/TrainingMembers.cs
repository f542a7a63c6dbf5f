using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Objectives;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>
/// The networks that a run trains: one, or the members of an ensemble, side by side. Between two blocks of steps all members have the same
/// number of steps, and they share validations and checkpoints.
/// </summary>
/// <typeparam name="TModel">The trained model.</typeparam>
internal sealed class TrainingMembers<TModel> : IDisposable
    where TModel : SegmentationModel
{
    private readonly List<ITrainingObjective<TModel>> _objectives = [];
    private readonly List<Optimizer> _optimizers = [];
    private readonly MemberThreads _threads;
    private readonly TrainingOptions _options;
    private readonly int _seed;
    private readonly Device _device;
    private readonly ICollective _processes;

    /// <param name="count">Number of members, at least 1.</param>
    /// <param name="createObjective">Makes the objective of a member from its seed.</param>
    /// <param name="createWeights">Makes the initial weights of a member; it gets its number, from 0.</param>
    /// <param name="options">How to train, in the number format of this machine.</param>
    /// <param name="seed">The seed of the first member.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="torchThreads">Number of threads that torch may use for each member.</param>
    /// <param name="processes">The processes that share each step; null for this one alone.</param>
    /// <param name="onDevice">Whether to train as on a GPU, where the host takes the loss of a step late; null: on a GPU.</param>
    public TrainingMembers(
        int count,
        Func<int, ITrainingObjective<TModel>> createObjective,
        Func<int, WeightLayout, WeightSet> createWeights,
        TrainingOptions options,
        int seed,
        Device device,
        int torchThreads,
        ICollective? processes = null,
        bool? onDevice = null)
    {
        (_options, _seed, _device, _processes) = (options, seed, device, processes ?? OneProcess.Instance);
        _threads = new(count, torchThreads);
        try
        {
            for (int member = 0; member < count; member++)
            {
                _objectives.Add(createObjective(SeedOf(member)));
                _optimizers.Add(new(
                    createWeights(member, Objective.Layout), options, onDevice, waits: _processes.Size > 1));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What all members have in common: the kind of model, and its network.</summary>
    public ITrainingObjective<TModel> Objective => _objectives[0];

    /// <summary>The optimizer of each member.</summary>
    public IReadOnlyList<Optimizer> Optimizers => _optimizers;

    /// <summary>The moving average of each member's weights.</summary>
    public IReadOnlyList<WeightSet> Averages => [.. _optimizers.Select(optimizer => optimizer.Average)];

    /// <summary>Number of steps done.</summary>
    public int Steps => _optimizers[0].Steps;

    /// <summary>Number of threads that torch uses for each member from the next step on.</summary>
    public int TorchThreads
    {
        set => _threads.TorchThreads = value;
    }

    /// <summary>Sets the cases to train on; called once, before the first step.</summary>
    public void Begin(IReadOnlyList<TrainingCase> cases)
    {
        BatchPart part = BatchPart.Of(_options.BatchSize, _processes.Rank, _processes.Size);
        foreach (ITrainingObjective<TModel> objective in _objectives)
        {
            objective.Begin(cases, part);
        }
    }

    /// <summary>
    /// Takes the steps of a block with every member, each at its own pace; several processes take one step, since they meet at each.
    /// Returns the losses that are known by then, each the mean of all members: on a GPU, the last step's comes with the next block.
    /// </summary>
    /// <exception cref="InvalidOperationException">A loss or a gradient became NaN or infinite; the message says at which step.</exception>
    public IReadOnlyList<double> Take(StepBlock block)
    {
        if (_processes.Size > 1)
        {
            return [StepTogether(block.TryBegin(Steps)!.Value)];
        }

        return AverageOf(_threads.Run(member => Take(member, block)));
    }

    /// <summary>
    /// Waits for the last step, and returns its loss unless <see cref="Take(StepBlock)"/> did. It comes before the weights are used.
    /// </summary>
    /// <exception cref="InvalidOperationException">A loss or a gradient became NaN or infinite; the message says at which step.</exception>
    public IReadOnlyList<double> TakeRest() => AverageOf(
        _threads.Run(member => LossOf(member, _optimizers[member].TakeLastOutcome)));

    /// <summary>A step that is too long can make the weights infinite even with a finite loss.</summary>
    /// <exception cref="InvalidOperationException">The weights of a member are not finite.</exception>
    public void EnsureFinite()
    {
        for (int member = 0; member < _optimizers.Count; member++)
        {
            if (!_optimizers[member].IsFinite)
            {
                throw Diverged(member, "weights", double.NaN, Steps);
            }
        }
    }

    /// <summary>A model of these weights, one set for each member; the model then owns them.</summary>
    public TModel CreateModel(IReadOnlyList<WeightSet> weights) => Objective.CreateModel(weights);

    /// <inheritdoc/>
    public void Dispose()
    {
        _threads.Dispose();
        foreach (Optimizer optimizer in _optimizers)
        {
            optimizer.Dispose();
        }

        foreach (ITrainingObjective<TModel> objective in _objectives)
        {
            objective.Dispose();
        }
    }

    private double[] Take(int member, StepBlock block)
    {
        List<double> losses = [];
        try
        {
            while (block.TryBegin(_optimizers[member].Steps) is double learningRate)
            {
                using var scope = NewDisposeScope();
                Tensor loss = Differentiate(member);
                losses.AddRange(LossOf(member, () => _optimizers[member].Step(learningRate, loss)));
            }

            return [.. losses];
        }
        catch
        {
            // The run is over: the others need not go on.
            block.End();
            throw;
        }
    }

    /// <summary>
    /// A step of every member with the gradients of all processes. One thread exchanges them, member by member, so that all processes do it
    /// in the same order.
    /// </summary>
    private double StepTogether(double learningRate)
    {
        double[] losses = _processes.Together(() => _threads.Run(ReadLoss));
        _processes.Sum(losses);
        foreach (Optimizer optimizer in _optimizers)
        {
            _processes.Sum(optimizer.GatherGradients());
        }

        // The host waits in each step, for the other processes.
        _processes.Together(() => _threads.Run(member => LossOf(member, () => _optimizers[member].Step(learningRate))));
        return losses.Average();
    }

    private static IReadOnlyList<double> AverageOf(double[][] ofMembers) =>
        [.. Enumerable.Range(0, ofMembers[0].Length).Select(step => ofMembers.Average(losses => losses[step]))];

    private int SeedOf(int member) => SeededRandom.OfMember(_seed, member);

    /// <summary>
    /// Computes the gradient of a step, or the share of this process in it, and returns the loss; owned by the surrounding dispose scope.
    /// </summary>
    private Tensor Differentiate(int member)
    {
        (ITrainingObjective<TModel> objective, Optimizer optimizer) = (_objectives[member], _optimizers[member]);
        using var scope = NewDisposeScope();
        using Generator dropout = SeededNumbers.Begin(
            SeededRandom.Seed(SeedOf(member), SeededRandom.Purpose.Dropout, optimizer.Steps));
        var context = new ForwardContext(optimizer.Leaves, Training: true)
        {
            Dropout = objective.Dropout,
            DropoutGenerator = dropout,
            Step = optimizer.Steps,
        };
        optimizer.ZeroGradients();
        Tensor loss = objective.Differentiate(context, optimizer.Steps, optimizer.LossScale);
        optimizer.GatherGradients();
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>The share of this process in the loss of a step, once its gradient is computed.</summary>
    private double ReadLoss(int member)
    {
        using var scope = NewDisposeScope();
        double loss = Differentiate(member).Read<float>();
        return double.IsFinite(loss) ? loss : throw Diverged(member, "loss", loss, _optimizers[member].Steps + 1);
    }

    /// <summary>The loss of a step that is known after the call; none where no step is.</summary>
    private double[] LossOf(int member, Func<StepOutcome?> take)
    {
        try
        {
            return take()?.Loss is double loss ? [loss] : [];
        }
        catch (NotFiniteGradientException exception)
        {
            StepOutcome outcome = exception.Outcome;
            throw outcome.HasFiniteLoss
                ? Diverged(member, "gradient", outcome.Norm, outcome.Step)
                : Diverged(member, "loss", outcome.Loss!.Value, outcome.Step);
        }
    }

    private InvalidOperationException Diverged(int member, string what, double value, int step) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The training {what} {(_optimizers.Count == 1 ? "" : $"of member {member + 1} ")}became {value} at step {step}. "
        + $"Lower the learning rate (now {_options.LearningRate}), "
        + $"set GradientClipping, or use Float32 instead of {_options.Precision}."));
}
