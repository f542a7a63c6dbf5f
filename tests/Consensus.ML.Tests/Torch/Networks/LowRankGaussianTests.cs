using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>A normal distribution of logits with few shared directions, against values by hand and by numerical integration.</summary>
public sealed class LowRankGaussianTests
{
    // A logit of ln 3 is the probability 3/4, and −ln 3 is 1/4.
    private static readonly float Three = MathF.Log(3);

    [Theory]
    [InlineData(1, 1, 5.0 / 16)]
    [InlineData(0, 0, 5.0 / 16)]
    [InlineData(1, 0, 3.0 / 16)]
    [InlineData(0, 1, 3.0 / 16)]
    public void The_likelihood_of_two_pixels_that_rise_and_fall_together_is_that_by_hand(float first, float second, double expected)
    {
        // Both logits are z·ln 3, and z is 1 and −1: the mean of p(y_1)·p(y_2) over two samples. (9 + 1)/32 and (3 + 3)/32.
        using var scope = NewDisposeScope();
        var gaussian = new LowRankGaussian(zeros(1, 2), zeros(1, 2), tensor([Three, Three]).view(1, 1, 2));
        Tensor samples = gaussian.Sample(tensor(new float[] { 1, 0, 0, -1, 0, 0 }).view(1, 2, 3));
        double likelihood = LowRankGaussian.LogLikelihood(samples, tensor([first, second]).view(1, 2)).item<float>();
        Assert.Equal(Math.Log(expected), likelihood, 1e-6);
    }

    [Fact]
    public void A_sample_is_the_mean_and_what_is_shared_and_what_is_its_own()
    {
        // One image, rank 2, three pixels: μ + P·z + √D·ε with z = (2, −1) and ε = (1, 10, 100).
        using var scope = NewDisposeScope();
        var gaussian = new LowRankGaussian(
            tensor(new float[] { 1, 2, 3 }).view(1, 3), tensor([0.5f, 0, 0.25f]).view(1, 3),
            tensor(new float[] { 1, 0, 4, 0, 1, 5 }).view(1, 2, 3));
        Tensor sample = gaussian.Sample(tensor(new float[] { 2, -1, 1, 10, 100 }).view(1, 1, 5));
        Assert.Equal([1 + 2 + 0.5f, 2 - 1, 3 + 8 - 5 + 25], sample.data<float>().ToArray());
    }

    [Fact]
    public void The_covariance_of_many_samples_approaches_the_factor_and_the_diagonal()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        const int Samples = 200_000, Rank = 2, Pixels = 3;
        double[,] factor = { { 1, -0.5, 0.25 }, { 0.5, 1, 0 } };
        double[] deviation = [0.5, 1, 0.1], mean = [2, -1, 0];
        var gaussian = new LowRankGaussian(
            tensor(mean).to_type(ScalarType.Float32).view(1, Pixels), tensor(deviation).to_type(ScalarType.Float32).view(1, Pixels),
            tensor(factor).to_type(ScalarType.Float32).view(1, Rank, Pixels));
        float[] values = gaussian.Sample(randn([1, Samples, Rank + Pixels], generator: generator)).data<float>().ToArray();

        // The standard error of a mean is at most 1.5/√200,000 = 0.0034, and that of a covariance at most √2·2.25/√200,000 = 0.0071.
        double[] means = [.. Enumerable.Range(0, Pixels).Select(pixel => Average(sample => Value(sample, pixel)))];
        for (int a = 0; a < Pixels; a++)
        {
            Assert.Equal(mean[a], means[a], 0.015);
            for (int b = 0; b < Pixels; b++)
            {
                double own = a == b ? deviation[a] * deviation[a] : 0;
                double expected = (factor[0, a] * factor[0, b]) + (factor[1, a] * factor[1, b]) + own;
                double found = Average(sample => (Value(sample, a) - means[a]) * (Value(sample, b) - means[b]));
                Assert.Equal(expected, found, 0.03);
            }
        }

        double Value(int sample, int pixel) => values[(sample * Pixels) + pixel];
        static double Average(Func<int, double> value) => Enumerable.Range(0, Samples).Average(value);
    }

    [Fact]
    public void The_likelihood_approaches_the_integral_over_all_logits()
    {
        // Two pixels with a shared direction and noise of their own, by the trapezoidal rule in three dimensions: given z, pixels are
        // independent.
        double[] mean = [0.5, -1], factor = [2, 1.5], deviation = [0.7, 1.2];
        double integral = Normal(z => Enumerable.Range(0, 2).Aggregate(1.0, (product, pixel) => product * Normal(own =>
            1 / (1 + Math.Exp(-(mean[pixel] + (factor[pixel] * z) + (deviation[pixel] * own)))))));

        using var scope = NewDisposeScope();
        using var generator = new Generator(6, CPU);
        var gaussian = new LowRankGaussian(
            tensor(mean).to_type(ScalarType.Float32).view(1, 2), tensor(deviation).to_type(ScalarType.Float32).view(1, 2),
            tensor(factor).to_type(ScalarType.Float32).view(1, 1, 2));
        Tensor samples = gaussian.Sample(randn([1, 100_000, 3], generator: generator));
        double likelihood = LowRankGaussian.LogLikelihood(samples, ones(1, 2)).item<float>();

        // A sample's probability is between 0 and 1, so the standard error of their mean is at most 0.5/√100,000 = 0.0016.
        Assert.Equal(integral, Math.Exp(likelihood), 0.006);

        static double Normal(Func<double, double> value)
        {
            const double Step = 0.1;
            return Enumerable.Range(-60, 121).Sum(i =>
                value(i * Step) * Math.Exp(-0.5 * i * Step * i * Step) * Step / Math.Sqrt(2 * Math.PI));
        }
    }

    [Fact]
    public void The_likelihood_of_many_pixels_does_not_underflow()
    {
        // Two samples of 4,096 pixels. All pixels are right by 3/4 in the first sample, and wrong by 3/4 in the second: the second counts
        // for nothing.
        using var scope = NewDisposeScope();
        var gaussian = new LowRankGaussian(zeros(1, 4096), zeros(1, 4096), zeros(1, 1, 4096).FillInPlace(Three));
        Tensor noise = zeros(1, 2, 4097);
        noise[0, 0, 0] = 1;
        noise[0, 1, 0] = -1;
        double likelihood = LowRankGaussian.LogLikelihood(gaussian.Sample(noise), ones(1, 4096)).item<float>();
        Assert.Equal((4096 * Math.Log(0.75)) - Math.Log(2), likelihood, 0.01);
    }
}
