using System.Text.Json;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>The state of a run that several processes share: that of the first is the state of all.</summary>
internal static class SharedState
{
    /// <summary>
    /// Makes sure that all processes train the same model on the same data, and on devices of one kind: what they exchange depends on it.
    /// </summary>
    /// <exception cref="InvalidDataException">They do not; the message of a process that differs from the first says how.</exception>
    public static void EnsureSame(ICollective processes, TrainingFingerprint fingerprint, TorchSharp.DeviceType device)
    {
        string version = typeof(SharedState).Assembly.ManifestModule.ModuleVersionId.ToString();
        string first = processes.Broadcast(JsonSerializer.Serialize(fingerprint), from: 0),
            firstVersion = processes.Broadcast(version, from: 0),
            firstDevice = processes.Broadcast(device.ToString(), from: 0);
        processes.Together(() =>
        {
            if (version != firstVersion)
            {
                throw new InvalidDataException(
                    $"Process {processes.Rank} is another build of Consensus.ML than process 0; all processes of a training need one.");
            }

            if (device.ToString() != firstDevice)
            {
                throw new InvalidDataException(
                    $"Process {processes.Rank} computes on {device} and process 0 on {firstDevice}; all processes of a training need "
                    + "devices of one kind: choose the CPU for all of them, or a GPU for each.");
            }

            if (fingerprint.DifferencesFrom(JsonSerializer.Deserialize<TrainingFingerprint>(first)!) is string differences)
            {
                throw new InvalidDataException(
                    $"Process {processes.Rank} trains another model than process 0: {differences}, where 'there' is process 0. All "
                    + "processes of a training need the same data and options.");
            }
        });
    }

    /// <summary>Reads a checkpoint in the first process, and gives all processes its state.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="read">Fills the optimizers and the state; false if there is no checkpoint. Called in the first process alone.</param>
    /// <param name="optimizers">The optimizers.</param>
    /// <param name="state">The state.</param>
    /// <returns>Whether there was a checkpoint.</returns>
    public static bool Resume(ICollective processes, Func<bool> read, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        if (processes.Size == 1)
        {
            return read();
        }

        string mine = processes.Together(
            () => processes.Rank == 0 && read() ? JsonSerializer.Serialize(state.TakeSnapshot(optimizers[0].Steps)) : "");
        string snapshot = processes.Broadcast(mine, from: 0);
        if (snapshot.Length == 0)
        {
            return false;
        }

        bool hasBest = processes.Broadcast(state.Best is null ? "" : "best", from: 0).Length > 0;
        TrainingSnapshot taken = JsonSerializer.Deserialize<TrainingSnapshot>(snapshot)!;
        if (processes.Rank > 0)
        {
            state.Resume(taken, hasBest
                ? [.. optimizers.Select(optimizer => WeightSet.Zeros(optimizer.Average.Layout, optimizer.Average.Flat.device))]
                : null);
        }

        foreach (WeightSet best in state.Best ?? [])
        {
            processes.Broadcast(best.Flat);
        }

        foreach (Optimizer optimizer in optimizers)
        {
            foreach ((_, Tensor values) in optimizer.State)
            {
                processes.Broadcast(values);
            }

            optimizer.Resume(taken.Step);
        }

        return true;
    }

    /// <summary>
    /// Gives all processes the weights and moments of the first, so that processors that round differently cannot drift apart.
    /// </summary>
    /// <returns>Number of processes whose state was not the same to the bit.</returns>
    public static int Align(ICollective processes, IReadOnlyList<Optimizer> optimizers)
    {
        var differing = new double[1];
        foreach (Optimizer optimizer in optimizers)
        {
            bool same = true;
            foreach ((_, Tensor values) in optimizer.State)
            {
                using var scope = NewDisposeScope();
                using var none = no_grad();
                Tensor first = values.clone();
                processes.Broadcast(first);
                if (!first.eq(values).all().Read<bool>())
                {
                    same = false;
                    values.copy_(first);
                }
            }

            if (!same)
            {
                optimizer.Resume(optimizer.Steps);
                differing[0] = 1;
            }
        }

        processes.Sum(differing);
        return (int)differing[0];
    }
}
