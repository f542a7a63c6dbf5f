using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Segmentation.Fitting;

/// <summary>Cases with a common orientation are told from cases that lie any way round.</summary>
public sealed class CommonOrientationTests
{
    private const int Side = 64;

    [Fact]
    public void Cases_that_are_all_alike_have_all_of_it_in_common() =>
        Assert.Equal(1, CommonOrientation.Measure([.. Enumerable.Range(0, 10).Select(i => Bar($"{i}", upright: true))], 1, Side), 9);

    [Fact]
    public void Cases_of_which_half_are_turned_have_nothing_in_common()
    {
        // Their differences cancel: T is 0, so the measure is −1 / (10 − 1).
        TrainingCase[] cases = [.. Enumerable.Range(0, 10).Select(i => Bar($"{i}", upright: i % 2 == 0))];
        Assert.Equal(-1.0 / 9, CommonOrientation.Measure(cases, 1, Side), 9);
    }

    [Fact]
    public void Seven_of_ten_upright_are_in_between()
    {
        // |Σ d|² = (7 − 3)² |d|², so T = 16 / 10.
        TrainingCase[] cases = [.. Enumerable.Range(0, 10).Select(i => Bar($"{i}", upright: i < 7))];
        Assert.Equal((1.6 - 1) / 9, CommonOrientation.Measure(cases, 1, Side), 9);
    }

    [Fact]
    public void Images_tell_it_where_masks_do_not()
    {
        TrainingCase[] cases = [.. Enumerable.Range(0, 10).Select(i => Bar($"{i}", upright: true) with { Masks = Drawn(_ => true) })];
        Assert.Equal(1, CommonOrientation.Measure(cases, 1, Side), 9);
    }

    [Fact]
    public void Masks_tell_it_where_images_do_not()
    {
        TrainingCase[] cases =
        [
            .. Enumerable.Range(0, 10).Select(i => Bar($"{i}", upright: true) with { Features = new float[Side * Side] }),
        ];
        Assert.Equal(1, CommonOrientation.Measure(cases, 1, Side), 9);
    }

    [Fact]
    public void The_slices_of_a_volume_count_once()
    {
        // Ten volumes of four slices; each lies as chance has it. Counted by slices, the slices of a volume would agree.
        TrainingCase[] cases =
        [
            .. Enumerable.Range(0, 40).Select(i => Bar($"{i}", upright: i / 4 % 2 == 0) with { Group = $"{i / 4}" }),
        ];
        Assert.Equal(-1.0 / 9, CommonOrientation.Measure(cases, 1, Side), 9);
    }

    [Fact]
    public void Cases_that_a_turn_does_not_change_have_nothing_in_common()
    {
        TrainingCase[] cases =
        [
            .. Enumerable.Range(0, 10).Select(i => new TrainingCase($"{i}", new float[Side * Side], Drawn(_ => true))),
        ];
        Assert.Equal(0, CommonOrientation.Measure(cases, 1, Side));
    }

    /// <summary>A bright bar on a dark ground, upright or lying, with the masks of two raters.</summary>
    private static TrainingCase Bar(string name, bool upright)
    {
        bool[] bar = [.. Enumerable.Range(0, Side * Side).Select(i => Math.Abs((upright ? i % Side : i / Side) - 20) < 6)];
        return new(name, [.. bar.Select(inside => inside ? 1f : -1f)], Drawn(pixel => bar[pixel]));
    }

    private static PackedMasks Drawn(Func<int, bool> isInside) =>
        new(2, Side, Side, [.. Enumerable.Range(0, 2 * Side * Side).Select(i => isInside(i % (Side * Side)) ? (byte)1 : (byte)0)]);
}
