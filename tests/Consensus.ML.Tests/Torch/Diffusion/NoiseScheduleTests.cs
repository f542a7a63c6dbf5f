using System.Text.Json;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Diffusion;

namespace Consensus.ML.Tests.Torch.Diffusion;

public sealed class NoiseScheduleTests
{
    public static TheoryData<string> Schedules => [.. TestVectors.Names("schedule_*.json")];

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
