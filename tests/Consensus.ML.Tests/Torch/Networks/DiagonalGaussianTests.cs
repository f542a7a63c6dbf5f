using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>The latent of a Probabilistic U-Net, against values by hand.</summary>
public sealed class DiagonalGaussianTests
{
    [Fact]
    public void The_divergence_of_two_distributions_is_that_by_hand()
    {
        // N(1, 2²) from N(0, 1²): ln(1/2) + (4 + 1)/2 − 1/2 = 2 − ln 2. N(0, 1²) from N(2, 2²): ln 2 + (1 + 4)/8 − 1/2 = ln 2 + 1/8.
        using var scope = NewDisposeScope();
        float two = MathF.Log(2);
        DiagonalGaussian first = Of([1, 0, 5, 3], [two, 0, 1, -1]), second = Of([0, 2, 5, 3], [0, two, 1, -1]);
        Tensor divergence = first.DivergenceFrom(second);
        Assert.Equal([2L], divergence.shape);
        Assert.Equal(2 + 0.125, divergence[0].item<float>(), 1e-6);
        Assert.Equal(0, divergence[1].item<float>(), 1e-6);

        // It is not symmetric: the other way each term is another. N(0, 1²) from N(1, 2²): ln 2 + (1 + 1)/8 − 1/2.
        Assert.Equal(
            Math.Log(2) + 0.25 - 0.5 + Math.Log(0.5) + ((4 + 4) / 2.0) - 0.5, second.DivergenceFrom(first)[0].item<float>(), 1e-6);
    }

    [Fact]
    public void A_sample_is_the_mean_and_the_deviation_times_the_noise()
    {
        using var scope = NewDisposeScope();
        Tensor sample = Of([1, 2, 3, 4], [0, MathF.Log(2), 0, MathF.Log(3)]).Sample(tensor(new float[] { 1, -1, 0.5f, 2 }).view(2, 2));
        Assert.All(sample.data<float>().ToArray().Zip([2, 0, 3.5f, 10]), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    private static DiagonalGaussian Of(float[] means, float[] logDeviations) =>
        new(tensor(means).view(2, 2), tensor(logDeviations).view(2, 2));
}
