using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

public sealed class QubiqTaskTests
{
    [Theory]
    [InlineData("brain-growth", 1, 7, 1)]
    [InlineData("kidney", 1, 3, 1)]
    [InlineData("prostate-1", 1, 6, 1)]
    [InlineData("prostate-2", 2, 6, 1)]
    [InlineData("brain-tumor-1", 1, 3, 4)]
    [InlineData("brain-tumor-2", 2, 3, 4)]
    [InlineData("brain-tumor-3", 3, 3, 4)]
    public void The_seven_tasks_have_the_challenges_raters_and_channels(string name, int number, int raters, int channels)
    {
        QubiqTask task = QubiqTask.Parse(name);
        Assert.Equal((name, number, raters, channels), (task.Name, task.Number, task.Raters, task.Channels));
        Assert.Equal(7, QubiqTask.All.Count);
    }

    [Fact]
    public void A_bare_set_is_its_first_task_and_spelling_is_free()
    {
        Assert.Same(QubiqTask.Prostate1, QubiqTask.Parse("prostate"));
        Assert.Same(QubiqTask.BrainTumor1, QubiqTask.Parse("brain_tumor"));
        Assert.Same(QubiqTask.BrainGrowth, QubiqTask.Parse(" Brain_Growth "));
    }

    [Theory]
    [InlineData("liver")]
    [InlineData("")]
    [InlineData("prostate-3")]
    public void An_unknown_task_lists_those_there_are(string name)
        => Complaint.Expect<ArgumentException>(
            () => QubiqTask.Parse(name), $"'{name}'", "brain-growth", "kidney", "prostate-1", "prostate-2", "brain-tumor-1",
            "brain-tumor-2", "brain-tumor-3");

    [Fact]
    public void A_task_that_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new QubiqTask(" ", ["set"], 1, 8, 1, 256, 256));
        Assert.Throws<ArgumentException>(() => new QubiqTask("set", [], 1, 8, 1, 256, 256));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QubiqTask("set", ["set"], 1, 0, 1, 256, 256));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => QubiqTask.Kidney with { Number = 0 } is var task ? new QubiqTask("set", ["set"], task.Number, 3, 1, 1, 1) : null!);
    }
}
