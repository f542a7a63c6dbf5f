using Consensus.ML.Diffusion;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Diffusion;

/// <summary>Samplers driven by networks that know the answer.</summary>
public sealed class SamplerTests
{
    private static readonly float[] Map = [1, -1, 0.25f, -0.5f];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Both_samplers_arrive_at_the_map_that_the_network_predicts(int count)
    {
        foreach (SamplerKind kind in Enum.GetValues<SamplerKind>())
        {
            using var scope = NewDisposeScope();
            using DiffusionProcess process = Process(PredictionType.XStart, count);
            using var generator = new Generator(3, CPU);
            int calls = 0;
            Tensor sample = SamplerLoop.Create(kind).Sample(process, (_, _) => { calls++; return Truth(); }, randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None);

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
        SamplerLoop.Create(SamplerKind.Ddim).Sample(process, (_, time) => { times.Add(time[0].item<long>()); return Truth(); }, randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None);
        Assert.Equal([99, 66, 33, 0], times);
    }

    [Fact]
    public void A_network_that_knows_the_noise_leads_back_to_the_map()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.Epsilon, 100);
        using var generator = new Generator(3, CPU);
        Tensor truth = Truth();

        // ε = (x_t − √ᾱ x_0) / √(1 − ᾱ), from the process's own x_t: DDIM then follows one line to x_0.
        Tensor sample = SamplerLoop.Create(SamplerKind.Ddim).Sample(process, (current, times) =>
        {
            double alpha = process.Schedule.AlphasCumulative[(int)times[0].item<long>()];
            return (current - (Math.Sqrt(alpha) * truth)) / Math.Sqrt(1 - alpha);
        }, randn([1, 1, 2, 2], generator: generator), generator, CancellationToken.None);
        AssertEqual(Map, sample, 1e-3f);
    }

    [Fact]
    public void Ancestral_steps_have_the_posterior_variance_where_the_prediction_is_sure()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 100);
        using var generator = new Generator(5, CPU);
        Tensor current = zeros(20000, 1, 1, 1), steps = full(20000, 50L, ScalarType.Int64);
        StepPrediction prediction = process.Interpret(zeros(20000, 1, 1, 1), current, steps, clamp: true);
        Tensor previous = DiffusionProcess.DdpmPrevious(prediction, steps, randn([20000, 1, 1, 1], generator: generator));

        // The fixed large variance is β_t; 20,000 draws know a variance to about one part in a hundred.
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
        Tensor loss = process.DiceLoss(tensor(new[] { 1f, 0f, -1f, -1f }).view(1, 1, 2, 2), tensor(new[] { 1f, 1f, -1f, -1f }).view(1, 1, 2, 2));
        Assert.Equal(1 - (4 / 4.5), loss.item<float>(), 1e-6);
    }

    [Fact]
    public void Sampling_stops_between_two_steps_when_cancelled()
    {
        using var scope = NewDisposeScope();
        using DiffusionProcess process = Process(PredictionType.XStart, 100);
        using var generator = new Generator(3, CPU);
        using var cancellation = new CancellationTokenSource();
        int calls = 0;
        Assert.Throws<OperationCanceledException>(() => SamplerLoop.Create(SamplerKind.Ddim).Sample(process, (_, _) =>
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
        new(new DiffusionOptions { Prediction = prediction, LearnedVariance = false }, NoiseSchedule.Create(NoiseScheduleKind.Linear, 100).Subsequence(steps), CPU);

    private static void AssertEqual(float[] expected, Tensor actual, float tolerance) =>
        Assert.All(expected.Zip(actual.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
