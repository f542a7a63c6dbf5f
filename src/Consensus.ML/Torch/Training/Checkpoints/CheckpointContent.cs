using Consensus.Imaging.Storage;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>
/// What the files of a checkpoint will hold. It is taken from a run at one moment, and written while the run goes on. For that it has
/// copies of the weights, their average and the two moments of each member in the memory of the CPU: four times the weights. The best
/// weights are never changed, only replaced, so it shares them with the run.
/// </summary>
internal sealed class CheckpointContent : IDisposable
{
    private readonly TrainingCheckpoint _checkpoint;
    private readonly (string Name, Tensor Values)[] _state;
    private readonly bool _ownsState;

    private CheckpointContent(
        TrainingCheckpoint checkpoint, (string Name, Tensor Values)[] state, bool ownsState, IReadOnlyList<WeightSet> best)
    {
        (_checkpoint, _state, _ownsState, Best) = (checkpoint, state, ownsState, best);
    }

    /// <summary>The number of steps.</summary>
    public int Step => _checkpoint.Snapshot.Step;

    /// <summary>The step of the best weights.</summary>
    public int BestStep => _checkpoint.Snapshot.BestStep;

    /// <summary>The best weights so far, one set for each member; empty before the first validation.</summary>
    public IReadOnlyList<WeightSet> Best { get; }

    /// <summary>Takes the content from a run.</summary>
    /// <param name="fingerprint">What identifies the run.</param>
    /// <param name="optimizers">The optimizer of each member.</param>
    /// <param name="state">How far the run is.</param>
    /// <param name="copy">Whether to copy what the next step changes. Otherwise write the content before that step.</param>
    public static CheckpointContent Take(
        TrainingFingerprint fingerprint, IReadOnlyList<Optimizer> optimizers, TrainingState state, bool copy)
    {
        using var none = no_grad();
        (string Name, Tensor Values)[] tensors =
        [
            .. optimizers.SelectMany((optimizer, member) => optimizer.State
                .Select(item => (TrainingCheckpoint.Prefix(member) + item.Name, copy ? Copy(item.Values) : item.Values))),
        ];
        return new(
            new(fingerprint, state.TakeSnapshot(optimizers[0].Steps)), tensors, copy,
            [.. state.Best?.Select(weights => weights.Share()) ?? []]);
    }

    /// <summary>Writes the checkpoint; the file is replaced whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public void Write(string path, FolderLock held) => _checkpoint.Write(
        path,
        [.. _state, .. Best.Select((weights, member) => (TrainingCheckpoint.Prefix(member) + TrainingCheckpoint.BestName, weights.Flat))],
        held);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (WeightSet weights in Best)
        {
            weights.Dispose();
        }

        if (_ownsState)
        {
            Array.ForEach(_state, item => item.Values.Dispose());
        }
    }

    private static Tensor Copy(Tensor values) => values.CopyToHost().DetachFromDisposeScope();
}
