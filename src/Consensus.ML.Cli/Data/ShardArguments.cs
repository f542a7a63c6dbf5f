using System.CommandLine;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Data;

/// <summary>The options --shard and --shards: which share of the inputs this process works on.</summary>
/// <param name="inputs">What the command works on: inputs, cases, …</param>
internal sealed class ShardArguments(string inputs)
{
    public Option<Shard?> Shard { get; } = new("--shard")
    {
        Description = $"Work only on the {inputs} i, i + n, i + 2n, …, counted from 0; other processes take the other {inputs}. Default: "
            + $"in a Slurm array job the share of its task ({ShardEnvironment.SlurmTask}), otherwise all {inputs}. 0/1 always means all "
            + $"{inputs}.",
        HelpName = "i/n",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Data.Shard.Parse(given, "--shard") is { } shard)
            {
                return shard;
            }

            result.AddError(
                $"'{given}' is not a value of --shard; it must be i/n with n from 1 to {Data.Shard.Most} and i from 0 to n-1, as in 0/4");
            return null;
        },
    };

    public Option<int?> Shards { get; } = OptionKinds.Whole(
        "--shards", "n",
        $"The number of shards, where {ShardEnvironment.KubernetesIndex} (a Kubernetes Indexed Job) or {ShardEnvironment.SlurmTask} is the "
        + "number of this shard, from 0.",
        1, Data.Shard.Most);

    /// <summary>The shard of this process; null for all inputs.</summary>
    /// <exception cref="UsageException">Both options were given, or the environment holds impossible values.</exception>
    public Shard? Read(Terminal terminal, ParseResult parsed)
    {
        var environment = new ShardEnvironment(Environment.GetEnvironmentVariable);
        Shard? said = parsed.GetValue(Shard);
        int? count = parsed.GetValue(Shards);
        if (said is not null)
        {
            return count is null ? said : throw new UsageException("--shard i/n says the number of shards too: leave --shards out.");
        }

        if (count is { } number)
        {
            return environment.Read(number);
        }

        Shard? found = environment.Read();
        if (found is null && environment.HasKubernetesIndex)
        {
            terminal.Warn(
                $"{ShardEnvironment.KubernetesIndex} is set, but does not say how many processes there are, so this process takes all "
                + $"{inputs}; --shards n gives each process a share.");
        }

        return found;
    }
}
