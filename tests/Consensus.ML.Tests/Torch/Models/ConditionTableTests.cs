using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Models;

/// <summary>Which condition of the network is which level and which rater, and which columns its maps go to.</summary>
public sealed class ConditionTableTests
{
    // whole: levels 1, 2, 3 and raters Ann, Ben; core: levels 1, 2 and rater Ben.
    private static readonly SegmentedStructure[] Structures = [new("whole", 3, ["Ann", "Ben"]), new("core", 2, ["Ben"])];

    [Fact]
    public void The_levels_of_a_structure_come_before_its_raters_and_both_before_the_next_structure()
    {
        var table = new ConditionTable(Structures);
        Condition[] expected =
        [
            new(0, 1, null), new(0, 2, null), new(0, 3, null), new(0, null, 0), new(0, null, 1), new(1, 1, null), new(1, 2, null),
            new(1, null, 0),
        ];
        Assert.Equal(8, table.Count);
        Assert.Equal(expected, Enumerable.Range(0, 8).Select(id => table[id]));
        Assert.Equal([0, 2, 5, 6], new[] { table.OfLevel(0, 1), table.OfLevel(0, 3), table.OfLevel(1, 1), table.OfLevel(1, 2) });
        Assert.Equal([3, 4, 7], new[] { table.OfRater(0, 0), table.OfRater(0, 1), table.OfRater(1, 0) });
        Assert.Throws<ArgumentOutOfRangeException>(() => table[8]);
        Assert.Throws<ArgumentOutOfRangeException>(() => table[-1]);
    }

    [Fact]
    public void A_model_without_structures_has_its_levels_as_conditions()
    {
        ConditionTable table = Description(null).Conditions;
        Assert.Equal(
            [new Condition(0, 1, null), new Condition(0, 2, null), new Condition(0, 3, null)],
            Enumerable.Range(0, table.Count).Select(id => table[id]));
    }

    [Fact]
    public void The_network_has_a_row_or_a_channel_for_each_condition()
    {
        ModelDescription rows = Description(Structures), channels = rows with
        {
            Network = rows.Network with { LevelConditioning = LevelConditioning.Channels },
        };
        Assert.Equal([8L, 4 * 32], rows.Layout().Specs.Single(spec => spec.Name == "label_emb.weight").Shape);
        Assert.Equal((1, 8), (rows.MapsPerPass, rows.Passes));
        Assert.DoesNotContain(channels.Layout().Specs, spec => spec.Name == "label_emb.weight");
        Assert.Equal((8, 1), (channels.MapsPerPass, channels.Passes));
    }

    [Fact]
    public void The_maps_of_each_condition_go_to_its_structure_and_rater()
    {
        // Two generations of one pixel. Whole: the levels' means are 1, 0.75, 0.25, so two of three are marked. Core: 0.5 is a tie and
        // not marked, 0 is not.
        float[] first = [1, 1, 0.5f, 0.2f, 0.4f, 1, 0, 0.6f], second = [1, 0.5f, 0, 0.4f, 0.8f, 0, 0, 0.8f];
        using var scope = NewDisposeScope();
        ConsensusPrediction whole = ConditionReduction.Reduce(
            tensor((float[])[.. first, .. second]).view(2, 8, 1, 1), Description(Structures), keepSamples: true);
        ConsensusPrediction core = Assert.Single(whole.Further);
        Assert.Equal(2 / 3f, Assert.Single(whole.SoftMap), 1e-6f);
        Assert.Equal([1, 0.75f, 0.25f], whole.ConsensusMaps);
        Assert.Equal([1, 1, 0.5f, 1, 0.5f, 0], whole.Samples!);
        Assert.Equal([0.3f, 0.6f], whole.RaterMaps.Select(value => MathF.Round(value, 5)));
        Assert.Equal([0f], core.SoftMap);
        Assert.Equal([0.5f, 0], core.ConsensusMaps);
        Assert.Equal([1, 0, 0, 0], core.Samples!);
        Assert.Equal([0.7f], core.RaterMaps.Select(value => MathF.Round(value, 5)));

        // Each generation's mean over levels: whole 5/6 and 1/2, core 1/2 and 0. Half their difference is the deviation.
        Assert.Equal(1 / 6f, Assert.Single(whole.Uncertainty), 1e-6f);
        Assert.Equal(0.25f, Assert.Single(core.Uncertainty), 1e-6f);
        Assert.Same(whole, whole.Of(0));
        Assert.Same(core, whole.Of(1));
    }

    private static ModelDescription Description(IReadOnlyList<SegmentedStructure>? structures) => new()
    {
        Height = 16, Width = 16, ImageChannels = 1, Levels = 3, Structures = structures, Target = TrainingTarget.Consensus,
        Network = new()
        {
            ChannelMultipliers = [1, 1], ResidualBlocks = 1, EncoderBlocks = 1, EncoderWidth = 4, EncoderGrowth = 2,
        },
        Diffusion = new(),
    };
}
