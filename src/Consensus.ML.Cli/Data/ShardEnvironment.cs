using System.Globalization;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// Finds the shard of a process in the variables that Slurm gives to each task of an array job, and Kubernetes to each pod of an Indexed
/// Job (<see href="https://slurm.schedmd.com/job_array.html"/>,
/// <see href="https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode"/>).
/// </summary>
/// <param name="variable">The value of a variable; null or empty where it is not set.</param>
internal sealed class ShardEnvironment(Func<string, string?> variable)
{
    public const string SlurmTask = "SLURM_ARRAY_TASK_ID";
    public const string KubernetesIndex = "JOB_COMPLETION_INDEX";

    private const string SlurmFirst = "SLURM_ARRAY_TASK_MIN";
    private const string SlurmStep = "SLURM_ARRAY_TASK_STEP";
    private const string SlurmCount = "SLURM_ARRAY_TASK_COUNT";

    /// <summary>Whether Kubernetes numbers this process. It does not say how many processes there are.</summary>
    public bool HasKubernetesIndex => IsSet(KubernetesIndex);

    /// <summary>
    /// The shard of a task of a Slurm array: (id − first) / step, of as many as the array has tasks. Null outside such a task.
    /// </summary>
    /// <exception cref="UsageException">The variables are impossible, as those of an array with gaps.</exception>
    public Shard? Read()
    {
        if (!IsSet(SlurmTask))
        {
            return null;
        }

        int task = Number(SlurmTask, 0), first = Number(SlurmFirst, 0), step = Number(SlurmStep, 1), count = Number(SlurmCount, 1);
        (int index, int rest) = Math.DivRem(task - first, step);
        return task >= first && rest == 0 && index < count && count <= Shard.Most
            ? new(index, count, $"{SlurmTask} {task}")
            : throw new UsageException(
                $"{SlurmTask} is {task} with {SlurmFirst} {first}, {SlurmStep} {step} and {SlurmCount} {count}, which is no array of "
                + $"evenly spaced tasks with at most {Shard.Most}: submit such an array, as in --array=0-9, or give --shard or --shards.");
    }

    /// <summary>The shard of a process whose task of Slurm or index of Kubernetes is the number of its shard.</summary>
    /// <param name="count">The number of shards.</param>
    /// <exception cref="UsageException">There is no such number, there are two, or it is no number of a shard.</exception>
    public Shard Read(int count)
    {
        string[] set = [.. new[] { SlurmTask, KubernetesIndex }.Where(IsSet)];
        if (set is not [string name])
        {
            throw new UsageException(set.Length == 0
                ? $"--shards needs the number of this process in {SlurmTask} or {KubernetesIndex}, and neither is set; --shard gives both "
                    + "numbers."
                : $"{SlurmTask} and {KubernetesIndex} are both set, so --shards does not say which shard this is: give --shard.");
        }

        int index = Number(name, 0);
        return index < count
            ? new(index, count, $"{name} {index}")
            : throw new UsageException($"{name} is {index}; with --shards {count} it must be a whole number from 0 to {count - 1}.");
    }

    private bool IsSet(string name) => !string.IsNullOrEmpty(variable(name));

    private int Number(string name, int smallest)
    {
        string? text = variable(name);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= smallest
            ? value
            : throw new UsageException(
                $"{name} {(string.IsNullOrEmpty(text) ? "is not set" : $"is '{text}'")}; it must be a whole number of at least {smallest}. "
                + "--shard overrides the environment.");
    }
}
