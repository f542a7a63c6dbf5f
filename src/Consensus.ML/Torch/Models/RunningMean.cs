using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>Takes samples one after another until their mean stands still.</summary>
internal static class RunningMean
{
    /// <summary>Samples in the order they were taken, joined along their first dimension; owned by the surrounding dispose scope.</summary>
    /// <param name="most">The most samples.</param>
    /// <param name="tolerance">
    /// Ends once one more has moved the mean soft map by less, as the mean absolute change over its pixels; null for all samples.
    /// </param>
    /// <param name="generate">Takes one more.</param>
    /// <param name="softMap">The soft map of one, H×W.</param>
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

            // The mean of n maps lies |x_n − mean of the others| / n from that of n − 1.
            change = (map - sum.Over(samples.Count - 1)).abs().mean().item<float>() / samples.Count;
            sum.PlusInPlace(map);
        }

        return cat(samples, 0).MoveToOuterDisposeScope();
    }
}
