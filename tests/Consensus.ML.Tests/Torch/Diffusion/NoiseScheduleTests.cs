using System.Text.Json;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Diffusion;

namespace Consensus.ML.Tests.Torch.Diffusion;

public sealed class NoiseScheduleTests
{
    public static TheoryData<string> Schedules => [.. TestVectors.Names("schedule_*.json")];

    /// <summary>Every schedule, with the smallest, the usual and the largest number of steps that the options allow.</summary>
    public static MatrixTheoryData<NoiseScheduleKind, int> KindsAndSteps => new(Enum.GetValues<NoiseScheduleKind>(), [2, 100, 4000]);

    [Theory(SkipTestWithoutData = true)]
    [Trait("Category", "Parity")]
    [MemberData(nameof(Schedules))]
    public void Every_table_equals_the_published_one_within_1e_12(string file)
    {
        using JsonDocument expected = TestVectors.Json(file);
        JsonElement root = expected.RootElement;
        NoiseScheduleKind kind = Enum.Parse<NoiseScheduleKind>(root.GetProperty("name").GetString()!, ignoreCase: true);
        NoiseSchedule schedule = NoiseSchedule.Create(kind, root.GetProperty("T").GetInt32());

        AssertClose("betas", schedule.Betas);
        AssertClose("alphas_cumprod", schedule.AlphasCumulative);
        AssertClose("posterior_variance", schedule.PosteriorVariance);
        AssertClose("posterior_log_variance_clipped", schedule.PosteriorLogVarianceClipped);
        AssertClose("posterior_mean_coef1", schedule.PosteriorMeanStart);
        AssertClose("posterior_mean_coef2", schedule.PosteriorMeanCurrent);

        void AssertClose(string name, double[] actual)
        {
            double[] wanted = TestVectors.Doubles(root.GetProperty(name));
            Assert.Equal(wanted.Length, actual.Length);
            for (int t = 0; t < wanted.Length; t++)
            {
                Assert.True(
                    Math.Abs(wanted[t] - actual[t]) <= 1e-12 * Math.Max(1, Math.Abs(wanted[t])),
                    $"{name}[{t}] is {actual[t]:R}, published {wanted[t]:R}");
            }
        }
    }

    // By hand with T = 4. Linear: 250 · 0.0001 to 0.8. Cosine: 1 − ᾱ((t+1)/4) / ᾱ(t/4), the last one cut.
    [Theory]
    [InlineData(NoiseScheduleKind.Linear, 0.025, 0.283333333, 0.541666667, 0.8)]
    [InlineData(NoiseScheduleKind.Cosine, 0.152987839, 0.416958088, 0.707858712, 0.999)]
    public void Four_steps_have_the_betas_of_the_formula(NoiseScheduleKind kind, params double[] expected) =>
        Assert.Equal(expected, NoiseSchedule.Create(kind, 4).Betas.Select(beta => Math.Round(beta, 9)));

    [Theory]
    [MemberData(nameof(KindsAndSteps))]
    public void Every_schedule_takes_the_map_from_signal_to_noise(NoiseScheduleKind kind, int steps)
    {
        NoiseSchedule schedule = NoiseSchedule.Create(kind, steps);

        Assert.Equal(steps, schedule.Steps);
        Assert.All(schedule.Betas, beta => Assert.InRange(beta, double.Epsilon, 0.999));
        Assert.All(Enumerable.Range(0, steps), t => Assert.True(schedule.AlphasCumulative[t] < schedule.AlphaCumulativeBefore(t)));
        Assert.InRange(schedule.AlphasCumulative[^1], double.Epsilon, 0.25);

        // The process keeps this number as float32.
        Assert.True(float.IsFinite((float)Math.Sqrt(1 / schedule.AlphasCumulative[^1])));
    }

    [Fact]
    public void Each_name_has_its_own_formula() =>
        Assert.Distinct(Enum.GetValues<NoiseScheduleKind>().Select(kind => NoiseSchedule.Create(kind, 10).Betas[4]));

    [Fact]
    public void A_name_without_a_formula_is_refused_with_the_names_that_have_one() =>
        Assert.Contains(
            "Linear, Cosine", Assert.Throws<ArgumentOutOfRangeException>(() => NoiseSchedule.Create((NoiseScheduleKind)(-1), 10)).Message);

    [Fact]
    public void Subsequence_keeps_both_ends_and_the_signal_at_each_kept_step()
    {
        NoiseSchedule full = NoiseSchedule.Create(NoiseScheduleKind.Linear, 100);
        NoiseSchedule few = full.Subsequence(4);

        Assert.Equal([0, 33, 66, 99], few.Times);
        Assert.Equal(few.Times.Select(t => full.AlphasCumulative[t]), few.AlphasCumulative);

        // The product of 1 − β over the kept steps must be the signal that is left at the last of them.
        Assert.Equal(full.AlphasCumulative[99], few.Betas.Aggregate(1.0, (product, beta) => product * (1 - beta)), 15);
    }

    [Fact]
    public void A_single_step_is_the_noisiest_one()
    {
        NoiseSchedule one = NoiseSchedule.Create(NoiseScheduleKind.Linear, 100).Subsequence(1);
        Assert.Equal([99], one.Times);
        Assert.Equal(1 - one.AlphasCumulative[0], one.Betas[0], 15);
    }

    [Fact]
    public void All_steps_are_the_schedule_itself()
    {
        NoiseSchedule full = NoiseSchedule.Create(NoiseScheduleKind.Cosine, 50);
        Assert.Same(full, full.Subsequence(50));
    }
}
