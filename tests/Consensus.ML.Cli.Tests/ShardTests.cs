using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Tests;

/// <summary>Which inputs belong to a shard, and where a process finds its shard.</summary>
public sealed class ShardTests
{
    [Theory]
    [InlineData("0/3", "adg")]
    [InlineData("1/3", "be")]
    [InlineData("2/3", "cf")]
    [InlineData("0/1", "abcdefg")]
    [InlineData("6/7", "g")]
    [InlineData("999999/1000000", "")]
    public void A_shard_holds_every_nth_input(string shard, string expected) =>
        Assert.Equal(expected, string.Concat(Shard.Parse(shard, "--shard")!.Of("abcdefg".ToCharArray())));

    [Theory]
    [InlineData("3/3")]
    [InlineData("-1/3")]
    [InlineData("1/0")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("a/3")]
    [InlineData("0/1000001")]
    [InlineData("0/99999999999")]
    [InlineData(" 0/3")]
    [InlineData("")]
    public void An_impossible_shard_is_refused_before_any_work(string shard) =>
        CommandRun.InProcess("predict", "--model", "m.zip", "--out", "maps", "--shard", shard, "a.nii")
            .AssertFailed(2, $"'{shard}'", "--shard", "i/n", "0 to n-1");

    [Fact]
    public void Both_options_together_are_refused() =>
        CommandRun.InProcess("predict", "--model", "m.zip", "--out", "maps", "--shard", "0/2", "--shards", "2", "a.nii")
            .AssertFailed(2, "--shards");

    // By the formula of Slurm's documentation, (id - first) / step of count.
    [Theory]
    [InlineData("0", "0", "1", "10", "0/10")] // --array=0-9
    [InlineData("1", "1", "1", "10", "0/10")] // --array=1-10
    [InlineData("10", "1", "1", "10", "9/10")]
    [InlineData("7", "1", "2", "4", "3/4")] // --array=1-7:2, which is 1, 3, 5 and 7
    [InlineData("5", "5", "1", "1", "0/1")] // --array=5
    [InlineData("4", "3", null, "2", null)]
    [InlineData("4", null, "1", "2", null)]
    [InlineData("4", "3", "1", null, null)]
    [InlineData("7", "3", "1", "2", null)] // --array=3,7
    [InlineData("4", "3", "2", "2", null)]
    [InlineData("2", "3", "1", "2", null)]
    [InlineData("4", "3", "0", "2", null)]
    [InlineData("four", "3", "1", "2", null)]
    [InlineData("-4", "3", "1", "2", null)]
    [InlineData("4.0", "3", "1", "2", null)]
    public void A_task_of_a_Slurm_array_is_a_shard(string id, string? first, string? step, string? count, string? expected)
    {
        ShardEnvironment environment = Environment(
            ("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", first), ("SLURM_ARRAY_TASK_STEP", step),
            ("SLURM_ARRAY_TASK_COUNT", count));
        if (expected is not null)
        {
            Assert.Equal(expected, environment.Read()!.ToString());
            return;
        }

        string message = Assert.Throws<UsageException>(environment.Read).Message;
        Assert.Contains("SLURM_ARRAY_TASK_", message, StringComparison.Ordinal);
        Assert.Contains("--shard", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SLURM_ARRAY_TASK_ID", "3", 4, "3/4")]
    [InlineData("JOB_COMPLETION_INDEX", "0", 4, "0/4")]
    [InlineData("JOB_COMPLETION_INDEX", "4", 4, null)]
    [InlineData("JOB_COMPLETION_INDEX", "x", 4, null)]
    public void With_a_number_of_shards_the_index_is_the_number_of_the_shard(string name, string value, int count, string? expected)
    {
        ShardEnvironment environment = Environment((name, value));
        if (expected is not null)
        {
            Assert.Equal(expected, environment.Read(count).ToString());
            return;
        }

        string message = Assert.Throws<UsageException>(() => environment.Read(count)).Message;
        Assert.Contains(name, message, StringComparison.Ordinal);
        Assert.Contains(value, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_shards_without_an_index_or_with_two_is_refused()
    {
        Assert.Contains(
            "neither is set", Assert.Throws<UsageException>(() => Environment(("JOB_COMPLETION_INDEX", "")).Read(2)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "both set",
            Assert.Throws<UsageException>(() => Environment(("JOB_COMPLETION_INDEX", "0"), ("SLURM_ARRAY_TASK_ID", "0")).Read(2)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_a_batch_system_there_is_no_shard() => Assert.Null(Environment().Read());

    private static ShardEnvironment Environment(params (string Name, string? Value)[] variables) =>
        new(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
