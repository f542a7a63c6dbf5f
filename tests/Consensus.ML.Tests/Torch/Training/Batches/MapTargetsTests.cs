using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Batches;

/// <summary>What a network of several structures and named raters learns from a case, on masks of four pixels.</summary>
public sealed class MapTargetsTests
{
    // whole: levels 1, 2 and raters Ann, Ben; core: levels 1, 2, 3 and raters Ann, Cem. Conditions: 0 1 | 2 3 | 4 5 6 | 7 8.
    private static readonly ModelDescription Model = new()
    {
        Height = 2, Width = 2, ImageChannels = 1, Levels = 3,
        Structures = [new("whole", 2, ["Ann", "Ben"]), new("core", 3, ["Ann", "Cem"])],
        Target = TrainingTarget.Consensus, Network = new(), Diffusion = new(),
    };

    // Ben and Ann drew whole, in this order; Cem drew core; a mask is not used.
    private static readonly TrainingCase Case = new("case", [1, 2, 3, 4], new RaterMasks(4, 2, 2, [
        1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1,
    ]))
    {
        Structures = [0, 0, 1, -1],
        Raters = [1, 0, 1, 0],
    };

    [Fact]
    public void A_case_has_the_levels_of_its_structures_and_the_raters_who_drew_it()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 8], new MapTargets(Model).Of(Case));
        Assert.Equal([0, 1, 3], new MapTargets(Model).Of(Case with { Structures = [0, -1, -1, -1] }));
    }

    [Theory]
    [InlineData(0, 1f, 1f, 1f, -1f)] // whole, one vote of two
    [InlineData(1, 1f, 1f, -1f, -1f)] // whole, two votes of two
    [InlineData(2, 1f, 1f, 1f, -1f)] // whole, Ann, whose mask is the second
    [InlineData(3, 1f, 1f, -1f, -1f)] // whole, Ben
    [InlineData(4, -1f, -1f, -1f, 1f)] // core, a third of the one who drew it
    [InlineData(6, -1f, -1f, -1f, 1f)] // core, all
    [InlineData(8, -1f, -1f, -1f, 1f)] // core, Cem
    public void Each_condition_learns_its_own_map(int condition, params float[] expected)
    {
        var start = new float[4];
        new MapTargets(Model).Draw(condition, Case, Case.Masks.Unpack().Pixels, start);
        Assert.Equal(expected, start);
    }

    [Fact]
    public void A_pass_of_all_maps_leaves_out_who_did_not_draw_the_case()
    {
        using var scope = NewDisposeScope();
        ModelDescription channels = Model with { Network = Model.Network with { LevelConditioning = LevelConditioning.Channels } };
        TrainingBatch batch = new BatchSource(channels, new() { BatchSize = 1 }, null, [0f], 1, [Case]).Draw(0)(CPU);
        Assert.Equal([1L, 9, 2, 2], batch.Starts.shape);
        Assert.Equal([1f, 1, 1, 1, 1, 1, 1, 0, 1], batch.Present!.data<float>().ToArray());
        float[] starts = batch.Starts.data<float>().ToArray();
        Assert.Equal([1f, 1, 1, -1], starts[(2 * 4)..(3 * 4)]);
        Assert.Equal([0f, 0, 0, 0], starts[(7 * 4)..(8 * 4)]);
    }

    [Fact]
    public void Passes_of_one_map_take_the_conditions_of_the_case_in_turn()
    {
        using var scope = NewDisposeScope();
        TrainingBatch batch = new BatchSource(Model, new() { BatchSize = 1, PairsPerImage = 8 }, null, [0f], 1, [Case]).Draw(0)(CPU);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 9], batch.Levels!.data<long>().ToArray().Order());
        Assert.Null(batch.Present);
    }

    [Fact]
    public void The_masks_of_a_structure_can_be_taken_out()
    {
        RaterMasks all = Case.Masks.Unpack();
        Assert.Equal([1, 1, 0, 0, 1, 1, 1, 0], Case.MasksOf(all, 0).Pixels.Select(value => (int)value));
        Assert.Equal([0, 0, 0, 1], Case.MasksOf(all, 1).Pixels.Select(value => (int)value));
        Assert.Equal((2, 1, 0), (Case.MasksOf(0), Case.MasksOf(1), Case.MasksOf(2)));
    }
}
