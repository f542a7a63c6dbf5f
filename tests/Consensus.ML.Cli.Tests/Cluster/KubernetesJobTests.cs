using Consensus.ML.Cli.Tests.Documentation;
using Consensus.ML.Tests.Shared;
using k8s;
using k8s.Models;

namespace Consensus.ML.Cli.Tests.Cluster;

/// <summary>
/// The job of samples/Cluster for Kubernetes, read into the types of Kubernetes' own client. A field that these do not know, or one of
/// another type, is an error.
/// </summary>
public sealed class KubernetesJobTests
{
    private static readonly string Text = File.ReadAllText(
        Path.Combine(RepositoryFolder.Find(), "samples", "Cluster", "predict-job.yaml"));

    private readonly V1JobSpec _job = Read(Text).Spec;

    [Theory]
    [InlineData("backoffLimitPerIndex:", "backoffLimitPerIndexes:")]
    [InlineData("onPodConditions:", "onPodCondition:")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: soon")]
    public void A_wrong_field_is_noticed(string right, string wrong) =>
        Assert.ThrowsAny<Exception>(() => Read(Text.Replace(right, wrong, StringComparison.Ordinal)));

    /// <summary>Kubernetes takes both only together with restartPolicy Never.</summary>
    [Fact]
    public void The_indexes_are_tried_again_one_by_one_by_a_policy()
    {
        Assert.Equal("Indexed", _job.CompletionMode);
        Assert.Equal(3, _job.BackoffLimitPerIndex);
        Assert.Equal("Never", _job.Template.Spec.RestartPolicy);
    }

    /// <summary>The codes as in the command's README.</summary>
    [Fact]
    public void A_pod_that_was_stopped_goes_on_and_one_that_failed_does_not()
    {
        IList<V1PodFailurePolicyRule> rules = _job.PodFailurePolicy.Rules;
        Assert.Equal(["Ignore", "Ignore", "FailIndex"], rules.Select(rule => rule.Action));
        Assert.Equal([75], rules[0].OnExitCodes.Values);
        Assert.Equal("DisruptionTarget", Assert.Single(rules[1].OnPodConditions).Type);
        Assert.Equal([1, 2], rules[2].OnExitCodes.Values);
        string name = Assert.Single(_job.Template.Spec.Containers).Name;
        Assert.All(rules.Where(rule => rule.OnExitCodes is not null), rule => Assert.Equal(("In", name), (rule.OnExitCodes.OperatorProperty,
            rule.OnExitCodes.ContainerName)));

        // A file that is being written has half a minute to be finished.
        Assert.InRange(_job.Template.Spec.TerminationGracePeriodSeconds!.Value, 31, 300);
    }

    [Fact]
    public void The_call_is_one_that_the_command_understands_and_its_numbers_are_those_of_the_job()
    {
        V1Container container = _job.Template.Spec.Containers[0];
        Assert.Empty(ShellBlock.Complaints([.. container.Args]));
        Assert.Contains($"--shards={_job.Completions}", container.Args);
        Assert.Contains($"--threads={container.Resources.Limits["cpu"]}", container.Args);
        Assert.Equal(container.Resources.Requests, container.Resources.Limits);
        string variable = Assert.Single(container.Env).Name;
        Assert.Contains(container.Args, argument => argument.Contains($"$({variable})", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_mount_is_a_volume() => Assert.Equal(
        _job.Template.Spec.Volumes.Select(volume => volume.Name),
        _job.Template.Spec.Containers[0].VolumeMounts.Select(mount => mount.Name));

    private static V1Job Read(string text) => KubernetesYaml.Deserialize<V1Job>(text, strict: true);
}
