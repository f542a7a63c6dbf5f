using Consensus.ML.Machine;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Machine;

/// <summary>The check of libtorch accepts what is right, and says what is wrong.</summary>
public sealed class TorchRuntimeCheckTests
{
    [Fact]
    public void The_libtorch_of_the_tests_computes_what_was_recorded()
    {
        TorchRuntime.Load();
        bool products = backends.cuda.matmul.allow_tf32, convolutions = backends.cudnn.allow_tf32;
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        TorchReport report = TorchRuntime.Check("cpu");

        Assert.True(report.IsGood, string.Join('\n', report.Results));
        Assert.Equal("cpu", report.Device);
        Assert.Equal(
            ["published", "compact", "one-pass"],
            report.Results.Where(result => result.Format == "float32").Select(result => result.Network));
        Assert.All(
            report.Results.Where(result => result.Format == "float16"), result => Assert.Equal(TorchVerdict.NotOffered, result.Verdict));

        // bfloat16 has eight bits: a difference of nothing would mean that float32 was compared with itself.
        Assert.All(
            report.Results.Where(result => result.Format == "bfloat16" && result.Verdict != TorchVerdict.NotOffered),
            result => Assert.True(result is { OutputDifference: > 1e-4, GradientDifference: > 1e-4, MapDifference: > 1e-4 }, $"{result}"));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal((products, convolutions), (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32));
    }

    [Fact]
    public void Differences_are_shares_of_the_largest_value()
    {
        var reference = new CheckedValues([1, -4], [2, 1], [0.5f, 0.25f]);

        double[] differences = new CheckedValues([1, -3], [2, 1.5f], [0.5f, 0.25f]).DifferencesFrom(reference);

        Assert.Equal([0.25, 0.25, 0], differences);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_no_small_difference(float value)
    {
        var reference = new CheckedValues([1, 2], [1, 2], [1, 2]);

        double[] differences = new CheckedValues([1, value], [value, 2], [1, 2]).DifferencesFrom(reference);

        Assert.Equal([double.PositiveInfinity, double.PositiveInfinity, 0], differences);
        Assert.Equal(
            double.PositiveInfinity, new CheckedValues([value], [1], [1]).DifferencesFrom(new RecordedValues(1, 1, 1))[0]);
    }

    // The root mean square of 3 and 4 is √12.5.
    [Fact]
    public void Recorded_values_are_root_mean_squares()
    {
        double[] differences = new CheckedValues([3, 4], [3, -4], [4, 3]).DifferencesFrom(new RecordedValues(Math.Sqrt(12.5), 1, 5));

        Assert.Equal([0, Math.Sqrt(12.5) - 1, 1 - Math.Sqrt(0.5)], differences, (left, right) => Math.Abs(left - right) < 1e-12);
    }

    [Theory]
    [InlineData(TorchVerdict.Good, true)]
    [InlineData(TorchVerdict.NotOffered, true)]
    [InlineData(TorchVerdict.Differs, false)]
    [InlineData(TorchVerdict.Failed, false)]
    public void One_bad_verdict_makes_a_bad_report(TorchVerdict verdict, bool isGood)
    {
        var good = new TorchResult("one-pass", "cpu", "float32", 0, 0, 0, 1, 1, TorchVerdict.Good, null);

        Assert.Equal(isGood, new TorchReport("2.10.0", "cpu", [good, good with { Verdict = verdict }]).IsGood);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused() =>
        Assert.Contains("cuda:9", Assert.Throws<InvalidOperationException>(() => TorchRuntime.Check("cuda:9")).Message);
}
