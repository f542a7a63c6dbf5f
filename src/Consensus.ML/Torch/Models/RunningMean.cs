using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>Takes samples one after another until their mean hardly changes.</summary>
internal static class RunningMean
{
    /// <summary>The samples in their order, joined along their first dimension; owned by the surrounding dispose scope.</summary>
    /// <param name="most">Maximum number of samples.</param>
    /// <param name="tolerance">
    /// Sampling ends when a sample moves the mean soft map by less than this (mean absolute change over its pixels); null for all samples.
    /// </param>
    /// <param name="generate">Takes a further sample, on the CPU.</param>
    /// <param name="softMap">The soft map of a sample, H×W.</param>
    public static Tensor Generate(int most, double? tolerance, Func<Tensor> generate, Func<Tensor, Tensor> softMap)
    {
        using var scope = NewDisposeScope();
        var samples = new List<Tensor>();
        Tensor? sum = null;
        double change = double.PositiveInfinity;
        while (samples.Count < most && !(change < tolerance))
        {
            samples.Add(generate());
            if (tolerance is null)
            {
                continue;
            }

            Tensor map = softMap(samples[^1]);
            if (sum is null)
            {
                sum = map.clone();
                continue;
            }

            // The n-th map moves the mean by |x_n − mean of the others| / n. Samples are on the host, so nothing waits here.
            change = (map - sum.Over(samples.Count - 1)).abs().mean().ToArray()[0] / samples.Count;
            sum.PlusInPlace(map);
        }

        return cat(samples, 0).MoveToOuterDisposeScope();
    }
}
