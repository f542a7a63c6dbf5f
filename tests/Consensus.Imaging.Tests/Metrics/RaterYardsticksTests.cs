using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>The soft Dice that people reach: values derived by hand, and a comparison with soft maps of separate sets of masks.</summary>
public sealed class RaterYardsticksTests
{
    // Three raters over four pixels mark {0, 1}, {1} and {1, 2}.
    private static readonly RaterMasks Three = new(3, 1, 4, [1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0]);

    [Fact]
    public void Three_raters_have_the_values_derived_by_hand()
    {
        RaterYardsticks found = RaterYardsticks.Compute(Three);

        // The soft map of all is 1/3, 1, 1/3, 0: {0, 1, 2} at 0.1 and 0.3, and {1} above. The first rater has the Dice 4/5 twice and 2/3
        // three times, as the third rater. The second rater has 1/2 twice and 1 three times.
        Assert.Equal(((3.6 / 5) + (3.6 / 5) + (4.0 / 5)) / 3, found.OneAgainstAll, 1e-6);

        // The others of the first rater make 0, 1, 1/2, 0: {1, 2} up to 0.5 and {1} above, with Dice 1/2 three times and 2/3 twice. The
        // others of the second rater make 1/2, 1, 1/2, 0: 1/2 three times and 1 twice.
        double others = ((((1.5 + (4.0 / 3)) / 5) * 2) + (3.5 / 5)) / 3;
        Assert.Equal(others, found.OneAgainstOthers, 1e-6);

        // A half of three raters is one rater against two.
        Assert.Equal(others, found.HalfAgainstHalf, 1e-6);

        // Two of three marked pixel 1 alone, which is the second rater's mask.
        Assert.Equal(4.0 / 5, found.MajorityAgainstAll, 1e-6);
    }

    [Fact]
    public void Two_raters_have_no_majority_where_they_differ()
    {
        // The masks are {0, 1} and {0}: Dice 2/3. The majority is {0}, the second mask: {0, 1} up to 0.5, and {0} above.
        RaterYardsticks found = RaterYardsticks.Compute(new(2, 1, 3, [1, 1, 0, 1, 0, 0]));
        Assert.Equal(2.0 / 3, found.OneAgainstOthers, 1e-6);
        Assert.Equal(2.0 / 3, found.HalfAgainstHalf, 1e-6);
        Assert.Equal(((2.0 / 3 * 3) + 2) / 5, found.MajorityAgainstAll, 1e-6);
    }

    [Fact]
    public void Empty_slices_are_predicted_perfectly_and_a_lone_rater_has_no_others()
    {
        Assert.Equal(new RaterYardsticks(1, 1, 1, 1), RaterYardsticks.Compute(new(3, 2, 2, new byte[12])));
        RaterYardsticks lone = RaterYardsticks.Compute(new(1, 1, 3, [1, 0, 1]));
        Assert.Equal(new RaterYardsticks(1, double.NaN, double.NaN, 1), lone);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(10)]
    public void Panels_are_compared_as_the_soft_maps_of_their_masks(int raters)
    {
        var random = new Random(raters);
        byte[][] drawn =
            [.. Enumerable.Range(0, raters).Select(_ => Enumerable.Range(0, 30).Select(_ => (byte)random.Next(2)).ToArray())];
        RaterYardsticks found = RaterYardsticks.Compute(new(raters, 5, 6, [.. drawn.SelectMany(mask => mask)]));
        float[] all = SoftMap(drawn);
        Assert.Equal(drawn.Average(one => SoftDice.Mean(SoftMap([one]), all, SoftDice.FiveThresholds)), found.OneAgainstAll, 1e-12);
        Assert.Equal(
            drawn.Average(one => SoftDice.Mean(SoftMap([one]), SoftMap([.. drawn.Except([one])]), SoftDice.FiveThresholds)),
            found.OneAgainstOthers, 1e-12);

        // All ways to choose half of the raters, by counting in binary. A division of an even number occurs twice and weighs no more so.
        double[] halves =
        [
            .. from bits in Enumerable.Range(0, 1 << raters)
               where System.Numerics.BitOperations.PopCount((uint)bits) == raters / 2
               let first = drawn.Where((_, i) => (bits >> i & 1) == 1).ToArray()
               select SoftDice.Mean(SoftMap(first), SoftMap([.. drawn.Except(first)]), SoftDice.FiveThresholds),
        ];
        Assert.Equal(halves.Average(), found.HalfAgainstHalf, 1e-12);
        float[] majority = Array.ConvertAll(all, share => share > 0.5f ? 1f : 0f);
        Assert.Equal(SoftDice.Mean(majority, all, SoftDice.FiveThresholds), found.MajorityAgainstAll, 1e-12);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(7, 35)]
    [InlineData(8, 35)]
    [InlineData(12, 462)]
    [InlineData(13, 1000)]
    [InlineData(255, 1000)]
    public void Halves_are_divided_in_every_way_up_to_a_thousand(int raters, int divisions)
    {
        bool[][] halves = RaterHalves.Divide(raters, RaterYardsticks.MostDivisions, seed: 1);
        Assert.Equal(divisions, halves.Length);
        Assert.All(halves, half => Assert.Equal((raters, raters / 2), (half.Length, half.Count(isIn => isIn))));
        if (divisions < RaterYardsticks.MostDivisions)
        {
            // Each division once: an even number's half and the other half are the same division.
            IEnumerable<bool[]> alike = halves.Select(half => raters % 2 == 0 && half[0] ? Other(half) : half);
            Assert.Equal(divisions, alike.Select(Text).Distinct().Count());
        }
    }

    [Fact]
    public void Drawn_halves_depend_on_the_seed_alone()
    {
        Assert.Equal(Drawn(3), Drawn(3));
        Assert.NotEqual(Drawn(3), Drawn(4));

        static string[] Drawn(int seed) => [.. RaterHalves.Divide(20, 50, seed).Select(Text)];
    }

    private static bool[] Other(bool[] half) => Array.ConvertAll(half, isIn => !isIn);

    private static string Text(bool[] half) => string.Concat(half.Select(isIn => isIn ? '1' : '0'));

    private static float[] SoftMap(byte[][] masks) =>
        ConsensusLabels.SoftMap(new(masks.Length, 5, 6, [.. masks.SelectMany(mask => mask)]));
}
