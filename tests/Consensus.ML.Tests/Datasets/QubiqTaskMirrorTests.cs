using Consensus.Imaging.Augmentation;
using Consensus.ML.Datasets;

namespace Consensus.ML.Tests.Datasets;

/// <summary>The axes along which images of a known task are mirrored by default.</summary>
public sealed class QubiqTaskMirrorTests
{
    [Theory]
    [InlineData("brain-growth", MirrorAxes.Both)]
    [InlineData("brain-tumor-3", MirrorAxes.Both)]
    [InlineData("kidney", MirrorAxes.Columns)]
    [InlineData("prostate-1", MirrorAxes.Columns)]
    [InlineData("Prostate", MirrorAxes.Columns)]
    [InlineData("pancreas", MirrorAxes.None)]
    [InlineData("pancreatic_lesion", MirrorAxes.None)]
    [InlineData("rat-smc", MirrorAxes.Both)]
    [InlineData("kidneys of mice", MirrorAxes.Both)]
    public void Known_tasks_are_mirrored_along_what_they_could_be(string name, MirrorAxes axes) =>
        Assert.Equal(axes, QubiqTask.MirrorOf(name));

    [Fact]
    public void A_task_s_axes_are_the_table_s() =>
        Assert.All(QubiqTask.All, task => Assert.Equal(QubiqTask.MirrorOf(task.Name), task.Mirror));
}
