using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>The two networks that draw whole masks, with random weights.</summary>
public sealed class SampledNetworkTests
{
    private const int Side = 16;

    private static readonly StochasticOptions Stochastic = new() { Rank = 2, TrainingSamples = 3 };
    private static readonly ProbabilisticOptions Probabilistic = new() { LatentSize = 3, Beta = 2 };

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void The_gradient_of_the_loss_reaches_every_weight(bool probabilistic, int patch)
    {
        using var scope = NewDisposeScope();
        (ISampledNetwork network, WeightLayout layout) = Create(probabilistic, patch);
        Tensor[] weights = [.. Weights(layout).Select(weight => weight.requires_grad_())];
        network.Loss(new(weights, Training: true), Images(), Masks(), Noise(2, network.TrainingNoiseSize)).sum().backward();
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.True(
                weights[i].grad is { } gradient && gradient.isfinite().all().item<bool>() && gradient.abs().max().item<float>() > 0,
                layout.Specs[i].Name);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_stays_behind_a_loss_and_a_sample(bool probabilistic)
    {
        using var scope = NewDisposeScope();
        (ISampledNetwork network, WeightLayout layout) = Create(probabilistic);
        var context = new ForwardContext(Weights(layout), Training: false);
        Tensor images = Images(), masks = Masks(), trained = Noise(2, network.TrainingNoiseSize), sampled = Noise(4, network.NoiseSize);
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run()
        {
            using var inner = NewDisposeScope();
            using var none = no_grad();
            network.Loss(context, images, masks, trained);
            Tensor logits = network.Sample(context, network.Condition(context, images.narrow(0, 0, 1)), sampled);
            Assert.Equal([4L, Side, Side], logits.shape);
        }
    }

    [Fact]
    public void The_loss_of_a_stochastic_network_is_the_negative_likelihood_of_a_pixel()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        (ISampledNetwork network, WeightLayout layout) = Create(probabilistic: false);
        var context = new ForwardContext(Weights(layout), Training: false);
        Tensor images = Images(), masks = Masks(), noise = Noise(2, 3 * (2 + (Side * Side)));
        Tensor loss = network.Loss(context, images, masks, noise);
        for (int image = 0; image < 2; image++)
        {
            // Each sample of the logits, then −ln of the mean of the masks' probabilities, over the pixels.
            Tensor samples = network.Sample(
                context, network.Condition(context, images.narrow(0, image, 1)), noise[image].view(3, 2 + (Side * Side)));
            double[] logs = [.. Enumerable.Range(0, 3).Select(sample => -(double)functional.binary_cross_entropy_with_logits(
                samples[sample], masks[image, 0], reduction: Reduction.Sum).item<float>())];
            double most = logs.Max(), expected = -(most + Math.Log(logs.Average(log => Math.Exp(log - most)))) / (Side * Side);
            Assert.Equal(expected, loss[image].item<float>(), 1e-5);
        }
    }

    [Fact]
    public void The_loss_of_a_probabilistic_network_is_the_cross_entropy_and_the_divergence_of_a_pixel()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        (ISampledNetwork given, WeightLayout layout) = Create(probabilistic: true);
        var network = (ProbabilisticNetwork)given;
        var context = new ForwardContext(Weights(layout), Training: false);
        Tensor images = Images(), masks = Masks(), noise = Noise(2, 3);
        Tensor loss = given.Loss(context, images, masks, noise);
        for (int image = 0; image < 2; image++)
        {
            Tensor one = images.narrow(0, image, 1), mask = masks.narrow(0, image, 1);
            DiagonalGaussian prior = network.Prior(context, one), posterior = network.Posterior(context, one, mask);

            // A sample of the posterior is given as the noise that makes the prior give it.
            Tensor latent = posterior.Mean.Plus(posterior.LogDeviation.exp() * noise.narrow(0, image, 1));
            Tensor logits = given.Sample(
                context, given.Condition(context, one), (latent - prior.Mean) / prior.LogDeviation.exp());
            double wrong = functional.binary_cross_entropy_with_logits(logits, mask[0], reduction: Reduction.Sum).item<float>();
            double divergence = 0;
            for (int i = 0; i < 3; i++)
            {
                double of = posterior.LogDeviation[0, i].item<float>(), from = prior.LogDeviation[0, i].item<float>();
                double apart = posterior.Mean[0, i].item<float>() - prior.Mean[0, i].item<float>();
                divergence += from - of + (((Math.Exp(2 * of) + (apart * apart)) / (2 * Math.Exp(2 * from))) - 0.5);
            }

            Assert.True(divergence > 0);
            Assert.Equal((wrong + (2 * divergence)) / (Side * Side), loss[image].item<float>(), 1e-5);
        }
    }

    [Fact]
    public void The_posterior_sees_the_mask_and_the_prior_and_the_features_do_not()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        (ISampledNetwork given, WeightLayout layout) = Create(probabilistic: true);
        var network = (ProbabilisticNetwork)given;
        var context = new ForwardContext(Weights(layout), Training: false);
        Tensor images = Images(), masks = Masks();
        Tensor with = network.Posterior(context, images, masks).Mean, without = network.Posterior(context, images, zeros_like(masks)).Mean;
        Assert.True((with - without).abs().min().item<float>() > 1e-4);
        Assert.True((network.Prior(context, images).Mean[0] - network.Prior(context, images).Mean[1]).abs().min().item<float>() > 1e-4);
    }

    [Fact]
    public void In_the_first_steps_the_mean_alone_is_learnt()
    {
        using var scope = NewDisposeScope();
        (ISampledNetwork network, WeightLayout layout) = Create(probabilistic: false, options: Stochastic with { MeanSteps = 5 });
        Tensor[] weights = [.. Weights(layout).Select(weight => weight.requires_grad_())];
        var context = new ForwardContext(weights, Training: true) { Step = 4 };
        Tensor images = Images(), masks = Masks(), noise = Noise(2, network.TrainingNoiseSize);
        Tensor loss = network.Loss(context, images, masks, noise);
        Tensor expected = functional.binary_cross_entropy_with_logits(
            ((StochasticNetwork)network).Distribution(context, images).Mean, masks.flatten(1), reduction: Reduction.None).mean([1]);
        Assert.True((loss - expected).abs().max().item<float>() < 1e-5);
        loss.sum().backward();
        string[] untouched =
        [
            .. layout.Specs.Where((_, i) => weights[i].grad is not { } grad || grad.abs().max().item<float>() == 0)
                .Select(spec => spec.Name),
        ];
        Assert.Equal(["log_variance.weight", "log_variance.bias", "factor.weight", "factor.bias"], untouched);
        Assert.NotEqual(
            loss.data<float>().ToArray(), network.Loss(context with { Step = 5 }, images, masks, noise).data<float>().ToArray());
    }

    [Fact]
    public void A_masked_background_has_the_mean_in_every_sample()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Tensor image = Images().narrow(0, 0, 1).clone();
        image[TensorIndex.Ellipsis, TensorIndex.Slice(0, 5), TensorIndex.Colon] = -9;

        // The second row of it has the smallest value of one channel alone.
        image[0, 1, 1] = 9;
        (ISampledNetwork network, WeightLayout layout) = Create(probabilistic: false, options: Stochastic with { MaskBackground = true });
        var context = new ForwardContext(Weights(layout), Training: false);
        Tensor samples = network.Sample(context, network.Condition(context, image), Noise(2, network.NoiseSize));
        bool[] varies = [.. (samples[0] - samples[1]).abs().amax([1]).data<float>().ToArray().Select(difference => difference > 1e-3)];
        Assert.Equal([false, true, false, false, false, .. Enumerable.Repeat(true, Side - 5)], varies);
    }

    private static (ISampledNetwork Network, WeightLayout Layout) Create(
        bool probabilistic,
        int patch = 1,
        StochasticOptions? options = null)
    {
        var layout = new WeightLayout();
        var shape = new NetworkOptions
        {
            ModelChannels = 32, ChannelMultipliers = [1, 2], ResidualBlocks = 1, AttentionResolutions = [], PatchSize = patch,
        };
        ISampledNetwork network = probabilistic
            ? new ProbabilisticNetwork(layout, shape, Probabilistic, Side, Side, 2)
            : new StochasticNetwork(layout, shape, options ?? Stochastic, Side, Side, 2);
        return (network, layout);
    }

    // No weight is zero, as the last layers of an untrained block are.
    private static Tensor[] Weights(WeightLayout layout)
    {
        using var generator = new Generator(3, CPU);
        return [.. layout.Specs.Select(spec => randn(spec.Shape, generator: generator).TimesInPlace(0.1f))];
    }

    private static Tensor Images()
    {
        using var generator = new Generator(1, CPU);
        return randn([2, 2, Side, Side], generator: generator);
    }

    private static Tensor Masks()
    {
        using var generator = new Generator(2, CPU);
        return rand([2, 1, Side, Side], generator: generator).Above(0.6).to_type(ScalarType.Float32);
    }

    private static Tensor Noise(int rows, long each)
    {
        using var generator = new Generator(4, CPU);
        return randn([rows, each], generator: generator);
    }
}
