using Consensus.ML.Options;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Diffusion;

/// <summary>Samplers with networks that know the answer.</summary>
public sealed class SamplerTests
{
    private static readonly float[] Map = [1, -1, 0.25f, -0.5f];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Every_sampler_arrives_at_the_map_that_the_network_predicts(int count)
    {
        foreach (SamplerKind kind in Enum.GetValues<SamplerKind>())
        {
            using var scope = NewDisposeScope();
            using DiffusionProcess process = Process(PredictionType.XStart, count);
            using var generator = new Generator(3, CPU);
            int calls = 0;
            Tensor sample = Samplers.Get(kind).Sample(
                process, (_, _) => { calls++; return Truth(); },
                randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None);

            Assert.Equal(count, calls);
            AssertEqual(Map, sample, 1e-5f);
        }
    }

    [Fact]
    public void The_network_is_told_the_times_of_the_subsequence_from_noisy_to_clean()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 4);
        using var generator = new Generator(3, CPU);
        var times = new List<long>();
        Samplers.Get(SamplerKind.Ddim).Sample(
            process, (_, time) => { times.Add(time[0].item<long>()); return Truth(); }, randn([1, 1, 2, 2], generator: generator),
            generator, CancellationToken.None);
        Assert.Equal([99, 66, 33, 0], times);
    }

    [Fact]
    public void Whoever_watches_is_shown_every_step_and_changes_nothing()
    {
        foreach (SamplerKind kind in Enum.GetValues<SamplerKind>())
        {
            using var scope = NewDisposeScope();
            var seen = new List<(int Time, float[] Current, float[] Start)>();
            Tensor watched = Sample(kind, step => seen.Add((step.Time, [.. step.Current.data<float>()], [.. step.Start.data<float>()]))),
                alone = Sample(kind, null);
            Assert.Equal([99, 66, 33, 0], seen.Select(step => step.Time));
            Assert.All(seen, step => Assert.Equal(Map, step.Start, (expected, actual) => Math.Abs(expected - actual) < 1e-6f));
            Assert.Equal(4, seen.Select(step => step.Current[0]).Distinct().Count());
            Assert.Equal(alone.data<float>().ToArray(), watched.data<float>().ToArray());
        }

        static Tensor Sample(SamplerKind kind, Action<SampledStep>? watch)
        {
            using DiffusionProcess process = Process(PredictionType.XStart, 4);
            using var generator = new Generator(3, CPU);
            return Samplers.Get(kind)
                .Sample(process, (_, _) => Truth(), randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None, watch);
        }
    }

    [Fact]
    public void A_network_that_knows_the_noise_leads_back_to_the_map()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.Epsilon, 100);
        using var generator = new Generator(3, CPU);
        Tensor truth = Truth();

        // ε = (x_t − √ᾱ x_0) / √(1 − ᾱ), from the process's own x_t. DDIM then follows one line to x_0.
        Tensor sample = Samplers.Get(SamplerKind.Ddim).Sample(process, (current, times) =>
        {
            double alpha = process.Schedule.AlphasCumulative[(int)times[0].item<long>()];
            return (current - truth.Times(Math.Sqrt(alpha))).Over(Math.Sqrt(1 - alpha));
        }, randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None);
        AssertEqual(Map, sample, 1e-3f);
    }

    [Fact]
    public void The_second_order_solver_carries_the_prediction_on_along_its_change()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 4);
        using var generator = new Generator(3, CPU);
        var seen = new List<double>();
        double[] predictions = [0.2, 0.5, 0.1, -0.75];
        Tensor sample = Samplers.Get(SamplerKind.DpmSolver).Sample(process, (current, _) =>
        {
            seen.Add(current.item<float>());
            return tensor([(float)predictions[seen.Count - 1]]).view(1, 1, 1, 1);
        }, tensor([0.8f]).view(1, 1, 1, 1), generator, CancellationToken.None);

        // Lu et al. 2022, Algorithm 2, in double precision: times 99, 66, 33 and 0; λ = ln(√ᾱ/√(1 − ᾱ)); strides 3.040, 1.947 and 3.866.
        NoiseSchedule all = NoiseSchedule.Create(NoiseScheduleKind.Linear, 100);
        double[] alphas = [.. new[] { 99, 66, 33, 0 }.Select(time => all.AlphasCumulative[time])];
        double r = (Lambda(alphas[1]) - Lambda(alphas[0])) / (Lambda(alphas[2]) - Lambda(alphas[1]));
        double x1 = Step(0.8, alphas[0], alphas[1], 0.2);
        double x2 = Step(x1, alphas[1], alphas[2], ((1 + (1 / (2 * r))) * 0.5) - (1 / (2 * r) * 0.2));

        // The third stride is longer than the second. Half of the change from 0.5 to 0.1 is used, not 0.99 of it.
        double x3 = Step(x2, alphas[2], alphas[3], 0.1 + (0.5 * (0.1 - 0.5)));
        Assert.Equal([0.8, x1, x2, x3], seen, (expected, actual) => Math.Abs(expected - actual) < 1e-5);
        Assert.Equal(-0.75, sample.item<float>(), 1e-6);

        static double Step(double x, double from, double to, double aim) =>
            (Math.Sqrt((1 - to) / (1 - from)) * x) - (Math.Sqrt(to) * (Math.Exp(Lambda(from) - Lambda(to)) - 1) * aim);
        static double Lambda(double alpha) => Math.Log(Math.Sqrt(alpha) / Math.Sqrt(1 - alpha));
    }

    [Fact]
    public void The_second_order_solver_is_closer_to_the_exact_path_than_ddim()
    {
        // Data N(0.3, 0.4²). The best prediction of x_0 is linear in x_t, and the deterministic path is known:
        // x_t = √ᾱ·0.3 + z·√(ᾱ·0.16 + 1 − ᾱ) with z fixed. They are compared at the beginning of the last step, at t = 0.
        const double mean = 0.3, variance = 0.16;
        foreach ((int count, double gain) in new[] { (6, 1.3), (11, 2), (21, 5) })
        {
            double ddim = Error(SamplerKind.Ddim, count), solver = Error(SamplerKind.DpmSolver, count);
            Assert.True(solver * gain < ddim, $"{count} steps: DDIM is off by {ddim:g3}, the solver by {solver:g3}");
        }

        double Error(SamplerKind kind, int count)
        {
            using var scope = NewDisposeScope();
            using DiffusionProcess process = Process(PredictionType.XStart, count);
            using var generator = new Generator(3, CPU);
            double[] alphas = process.Schedule.AlphasCumulative;
            double start = 0.7, z = (start - (Math.Sqrt(alphas[^1]) * mean)) / Math.Sqrt((alphas[^1] * variance) + 1 - alphas[^1]),
                last = 0;
            int step = count;
            Samplers.Get(kind).Sample(process, (current, _) =>
            {
                double alpha = alphas[--step];
                last = current.item<float>();
                double slope = Math.Sqrt(alpha) * variance / ((alpha * variance) + 1 - alpha);
                return current.Minus(Math.Sqrt(alpha) * mean).Times(slope).Plus(mean);
            }, tensor([(float)start]).view(1, 1, 1, 1), generator, CancellationToken.None);
            return Math.Abs(last - ((Math.Sqrt(alphas[0]) * mean) + (z * Math.Sqrt((alphas[0] * variance) + 1 - alphas[0]))));
        }
    }

    [Fact]
    public void Velocity_is_read_back_and_trained_as_defined()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.Velocity, 100);
        double alpha = process.Schedule.AlphasCumulative[40];
        float[] noise = [0.5f, -1.5f, 0.25f, 2f],
            velocity = [.. Map.Zip(noise, (start, epsilon) => (float)((Math.Sqrt(alpha) * epsilon) - (Math.Sqrt(1 - alpha) * start)))];
        Tensor steps = tensor(new[] { 40L }), epsilons = tensor(noise).view(1, 1, 2, 2),
            current = process.AddNoise(Truth(), steps, epsilons);
        AssertEqual(Map, process.Interpret(tensor(velocity).view(1, 1, 2, 2), current, steps, clamp: true).Start, 1e-5f);

        // Every value is wrong by half a unit, so the squared error is a quarter.
        Tensor off = tensor(velocity).view(1, 1, 2, 2).Plus(0.5);
        Assert.Equal(0.25, process.Loss(off, Truth(), current, steps, epsilons).Total.item<float>(), 1e-5);
    }

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.XStart)]
    [InlineData(PredictionType.Velocity)]
    public void Min_snr_weights_count_an_error_of_the_map_alike_whatever_is_predicted(PredictionType prediction)
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(prediction, 100);
        Tensor steps = tensor(new[] { 2L, 90L }), zero = zeros(2, 1, 1, 1), error = tensor([0.1f, 0.1f]).view(2, 1, 1, 1);
        DiffusionLoss loss = process.Loss(error, zero, zero, steps, zero, minSnrGamma: 5);

        // The prediction is wrong by 0.1. Then x_0 is wrong by 0.1·√((1 − ᾱ)/ᾱ) for ε, 0.1 for x_0 and 0.1·√(1 − ᾱ) for v.
        double[] expected = [.. new[] { 2, 90 }.Select(t =>
        {
            double alpha = process.Schedule.AlphasCumulative[t], ratio = alpha / (1 - alpha);
            double perUnit = prediction switch { PredictionType.Epsilon => 1 / ratio, PredictionType.XStart => 1, _ => 1 - alpha };
            return 0.01 * perUnit * Math.Min(ratio, 5);
        })];
        Assert.True(process.Schedule.AlphasCumulative[2] > 0.9 && process.Schedule.AlphasCumulative[90] < 0.1);
        Assert.Equal(expected[0], loss.Total[0].item<float>(), expected[0] * 1e-3);
        Assert.Equal(expected[1], loss.Total[1].item<float>(), expected[1] * 1e-3);
    }

    [Fact]
    public void Ancestral_steps_have_the_posterior_variance_where_the_prediction_is_sure()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 100);
        using var generator = new Generator(5, CPU);
        Tensor current = zeros(20000, 1, 1, 1), steps = TensorArithmetic.Repeated(20000, 50, CPU);
        StepPrediction prediction = process.Interpret(zeros(20000, 1, 1, 1), current, steps, clamp: true);
        Tensor previous = DiffusionProcess.DdpmPrevious(prediction, steps, randn([20000, 1, 1, 1], generator: generator));

        // The fixed large variance is β_t. With 20,000 draws, a variance is known to about one part in a hundred.
        Assert.Equal(process.Schedule.Betas[50], previous.var().item<float>(), process.Schedule.Betas[50] * 0.04);
    }

    [Fact]
    public void Logits_mean_tanh_of_half_and_are_trained_by_cross_entropy()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStartLogit, 100);
        Tensor output = tensor(new[] { 0f, 2f, -2f, 20f }).view(1, 1, 2, 2), steps = tensor(new[] { 10L });
        StepPrediction prediction = process.Interpret(output, zeros(1, 1, 2, 2), steps, clamp: true);

        // 2·sigmoid(2) − 1 = 0.761594.
        AssertEqual([0, 0.761594f, -0.761594f, 1], prediction.Start, 1e-5f);

        // Against +1 everywhere: ln 2, ln(1 + e^-2), ln(1 + e^2), about 0.
        DiffusionLoss loss = process.Loss(output, ones(1, 1, 2, 2), zeros(1, 1, 2, 2), steps, zeros(1, 1, 2, 2));
        Assert.Equal((0.693147 + 0.126928 + 2.126928) / 4, loss.Total.item<float>(), 1e-5);
    }

    [Fact]
    public void Dice_loss_by_hand()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 100);

        // Shares 1, 0.5, 0, 0 against 1, 1, 0, 0: 1 − (2·1.5 + 1) / (1.5 + 2 + 1).
        Tensor loss = process.DiceLoss(
            tensor(new[] { 1f, 0f, -1f, -1f }).view(1, 1, 2, 2), tensor(new[] { 1f, 1f, -1f, -1f }).view(1, 1, 2, 2));
        Assert.Equal(1 - (4 / 4.5), loss.item<float>(), 1e-6);
    }

    /// <summary>
    /// Against 1/7, 6/7 and a half, no other map has a smaller loss than these shares themselves. (With 2Σpq in place of Σp + Σq − Σ|p − q|
    /// the shares have 0.25, and 0, 1 and 1 have 0.17.)
    /// </summary>
    [Fact]
    public void Dice_loss_of_a_soft_map_is_least_where_the_prediction_is_that_map()
    {
        using var scope = NewDisposeScope();
        Tensor truth = tensor(new[] { 1 / 7f, 6 / 7f, 0.5f }).view(1, 1, 3);
        Assert.Equal(0, SoftDiceLoss.Of(truth, truth).item<float>(), 1e-6);
        Assert.True(SoftDiceLoss.Of(tensor(new[] { 0f, 1f, 1f }).view(1, 1, 3), truth).item<float>() > 0.1);

        // By hand for shares 0.5, 0.5, 0.5: Σ|p − q| = 5/7, Σp = Σq = 3/2.
        Assert.Equal(
            (5 / 7.0) / 4, SoftDiceLoss.Of(tensor(new[] { 0.5f, 0.5f, 0.5f }).view(1, 1, 3), truth).item<float>(), 1e-6);
    }

    [Fact]
    public void Sampling_stops_between_two_steps_when_cancelled()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 100);
        using var generator = new Generator(3, CPU);
        using var cancellation = new CancellationTokenSource();
        int calls = 0;
        Assert.Throws<OperationCanceledException>(() => Samplers.Get(SamplerKind.Ddim).Sample(process, (_, _) =>
        {
            if (++calls == 3)
            {
                cancellation.Cancel();
            }

            return Truth();
        }, randn([1, 1, 2, 2], generator: generator), generator, cancellation.Token));
        Assert.Equal(3, calls);
    }

    private static Tensor Truth() => tensor(Map).view(1, 1, 2, 2);

    private static DiffusionProcess Process(PredictionType prediction, int steps) =>
        new(
            new DiffusionOptions { Prediction = prediction, LearnedVariance = false },
            NoiseSchedule.Create(NoiseScheduleKind.Linear, 100).Subsequence(steps),
            CPU);

    private static void AssertEqual(float[] expected, Tensor actual, float tolerance) =>
        Assert.All(expected.Zip(actual.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
