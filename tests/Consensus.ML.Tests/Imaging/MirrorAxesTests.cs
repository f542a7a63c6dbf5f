using Consensus.Imaging.Augmentation;
using Consensus.ML.Datasets;

namespace Consensus.ML.Tests.Imaging;

/// <summary>Mirroring is a choice by axis, whose defaults are one table.</summary>
public sealed class MirrorAxesTests
{
    [Fact]
    public void A_policy_s_axes_are_its_probabilities_above_0()
    {
        Assert.Equal(MirrorAxes.Both, new AugmentationPolicy().Mirror);
        Assert.Equal(MirrorAxes.Rows, new AugmentationPolicy { HorizontalFlip = 0 }.Mirror);
        Assert.Equal(new AugmentationPolicy { VerticalFlip = 0 }, new AugmentationPolicy { Mirror = MirrorAxes.Columns });
        Assert.Equal(new AugmentationPolicy { HorizontalFlip = 0, VerticalFlip = 0 }, new AugmentationPolicy { Mirror = MirrorAxes.None });
        Assert.Equal(new AugmentationPolicy(), new AugmentationPolicy { Mirror = MirrorAxes.None } with { Mirror = MirrorAxes.Both });

        // Probabilities that were chosen stay.
        Assert.Equal((0.1, 0.0), Flips(new AugmentationPolicy { HorizontalFlip = 0.1 } with { Mirror = MirrorAxes.Columns }));
        Assert.Equal(
            (0.1, 0.5), Flips(new AugmentationPolicy { HorizontalFlip = 0.1, VerticalFlip = 0 } with { Mirror = MirrorAxes.Both }));

        static (double Columns, double Rows) Flips(AugmentationPolicy policy) => (policy.HorizontalFlip, policy.VerticalFlip);
    }

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
