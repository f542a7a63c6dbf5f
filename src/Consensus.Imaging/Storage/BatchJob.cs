using System.Globalization;

namespace Consensus.Imaging.Storage;

/// <summary>The batch job that this process belongs to, as the batch system names it in the environment.</summary>
internal static class BatchJob
{
    /// <summary>The name of the job for people and for comparisons, and how often it was started again; null outside of a job.</summary>
    /// <remarks>
    /// Slurm numbers the starts of a job, which keeps its number. Kubernetes does not tell a container how often it was started; its
    /// index and the name of its pod are only for messages.
    /// </remarks>
    /// <param name="variable">Reads a variable of the environment.</param>
    public static (string? Name, int Restarts) FromEnvironment(Func<string, string?> variable)
    {
        if (variable("SLURM_JOB_ID") is { Length: > 0 } job)
        {
            _ = int.TryParse(variable("SLURM_RESTART_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out int restarts);
            return (
                variable("SLURM_ARRAY_JOB_ID") is { Length: > 0 } array && variable("SLURM_ARRAY_TASK_ID") is { Length: > 0 } task
                    ? $"Slurm job {array}_{task}"
                    : $"Slurm job {job}",
                restarts);
        }

        if (variable("JOB_COMPLETION_INDEX") is { Length: > 0 } index)
        {
            return ($"index {index} of a Kubernetes job, pod {variable("POD_NAME") ?? variable("HOSTNAME")}", 0);
        }

        return (null, 0);
    }
}
