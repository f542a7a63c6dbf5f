using Consensus.Imaging.Labels;

namespace Consensus.Imaging.Tests.Labels;

/// <summary>
/// STAPLE finds the parameters that the masks were made with. It ends at fixed points that were derived by hand, and has defined results
/// where the fractions of the paper are 0/0.
/// </summary>
public sealed class StapleTests
{
    [Fact]
    public void Three_alike_raters_end_at_the_fixed_point_that_follows_by_hand()
    {
        // With p = q = 3/4 and the prior 1/2, a pixel with v of 3 votes has the odds 3^v : 3^(3−v). Each pattern with v marks has the
        // share (3^v + 3^(3−v)) / 128 of the pixels. So of 64 pixels, 14 have no vote, 14 have three votes, and each of the other six
        // patterns has 6 pixels. Then half of all decisions are marks, and the shares give p and q exactly.
        RaterMasks masks = FromPatterns(3, pattern => pattern is 0 or 7 ? 14 : 6);
        Assert.Equal(64, masks.Width);
        StapleEstimate estimate = Staple.Estimate(masks);
        Assert.True(estimate.Converged);
        Assert.Equal(0.5, estimate.Prior);
        Assert.All(estimate.Sensitivity.Concat(estimate.Specificity), value => Assert.Equal(0.75, value, 1e-5));
        float[] expected = [1 / 28f, 1 / 4f, 3 / 4f, 27 / 28f];
        float[] soft = ConsensusLabels.SoftMap(masks);
        Assert.All(estimate.Probability.Zip(soft), pixel => Assert.Equal(expected[(int)Math.Round(3 * pixel.Second)], pixel.First, 1e-5f));
    }

    [Fact]
    public void Masks_made_as_the_model_says_give_back_the_models_parameters()
    {
        // The prior is 1/4. With the products in thousandths, the share of each pattern in 4000ths is 1·∏(p or 1 − p) + 3·∏(1 − q or q).
        // These are whole numbers.
        int[] p = [9, 8, 6], q = [9, 7, 8];
        RaterMasks masks = FromPatterns(3, pattern => Product(pattern, p, Flip(p)) + (3 * Product(pattern, Flip(q), q)));
        Assert.Equal(4000, masks.Width);
        StapleEstimate estimate = Staple.Estimate(masks, new StapleOptions { Prior = 0.25, Tolerance = 1e-10 });
        Assert.True(estimate.Converged);
        for (int rater = 0; rater < 3; rater++)
        {
            Assert.Equal(p[rater] / 10.0, estimate.Sensitivity[rater], 1e-5);
            Assert.Equal(q[rater] / 10.0, estimate.Specificity[rater], 1e-5);
        }

        // For pixels that all raters marked: 0.25·0.432 against 0.75·0.1·0.3·0.2.
        Assert.Equal(0.108 / (0.108 + 0.0045), estimate.Probability[^1], 1e-5);

        static int[] Flip(int[] tenths) => Array.ConvertAll(tenths, value => 10 - value);
        static int Product(int pattern, int[] marked, int[] unmarked) => Enumerable.Range(0, 3)
            .Aggregate(1, (product, rater) => product * ((pattern >> rater & 1) == 1 ? marked[rater] : unmarked[rater]));
    }

    [Fact]
    public void One_iteration_follows_the_papers_formulas_by_hand()
    {
        // There are two raters and four pixels. Both raters mark the first pixel, and the first rater also marks the second. The prior is
        // 3/8. From p = 0.9 and q = 0.8 (initial) the odds that a pixel is true are 3·0.9·0.9 : 5·0.2·0.2 = 243 : 20 (both marks),
        // 3·0.9·0.1 : 5·0.2·0.8 = 27 : 80 (one), 3·0.1·0.1 : 5·0.8·0.8 = 3 : 320 (none).
        var masks = new RaterMasks(2, 1, 4, [1, 1, 0, 0, 1, 0, 0, 0]);
        StapleEstimate estimate = Staple.Estimate(
            masks, new StapleOptions { InitialSensitivity = 0.9, InitialSpecificity = 0.8, MaximumIterations = 1 });
        double both = 243 / 263.0, one = 27 / 107.0, none = 3 / 323.0;
        Assert.False(estimate.Converged);
        Assert.Equal(1, estimate.Iterations);
        Assert.Equal(3 / 8.0, estimate.Prior);
        double isTrue = both + one + (2 * none);
        Assert.Equal((both + one) / isTrue, estimate.Sensitivity[0], 1e-12);
        Assert.Equal(both / isTrue, estimate.Sensitivity[1], 1e-12);
        Assert.Equal(2 * (1 - none) / (4 - isTrue), estimate.Specificity[0], 1e-12);
        Assert.Equal(((2 * (1 - none)) + 1 - one) / (4 - isTrue), estimate.Specificity[1], 1e-12);
    }

    [Fact]
    public void Raters_who_drew_the_same_are_perfect_and_right()
    {
        byte[] mask = [0, 1, 1, 0, 0, 0];
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(3, 2, 3, [.. mask, .. mask, .. mask]));
        Assert.True(estimate.Converged);
        Assert.All(estimate.Sensitivity.Concat(estimate.Specificity), value => Assert.Equal(1, value, 1e-9));
        Assert.Equal(mask, estimate.ToMask());
    }

    [Fact]
    public void A_single_rater_is_believed()
    {
        byte[] mask = [0, 1, 1, 0, 0, 0];
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(1, 2, 3, mask));
        Assert.True(estimate.Converged);
        Assert.Equal(mask, estimate.ToMask());
        Assert.InRange(estimate.Sensitivity[0], 0.999, 1);
        Assert.InRange(estimate.Specificity[0], 0.999, 1);
    }

    [Fact]
    public void Two_raters_who_disagree_everywhere_leave_every_pixel_open()
    {
        // One rater marks a quarter of the pixels, the other rater marks the rest. By symmetry, every pixel keeps the probability 1/2. So
        // p is the share that a rater marked, and q is the share that the rater did not mark.
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(2, 1, 4, [1, 0, 0, 0, 0, 1, 1, 1]));
        Assert.True(estimate.Converged);
        Assert.All(estimate.Probability, value => Assert.Equal(0.5, value, 1e-6));
        Assert.Equal([0.25, 0.75], estimate.Sensitivity.Select(value => Math.Round(value, 9)));
        Assert.Equal([0.75, 0.25], estimate.Specificity.Select(value => Math.Round(value, 9)));
    }

    [Fact]
    public void A_rater_who_marked_nothing_has_no_sensitivity_and_is_outvoted()
    {
        byte[] mask = [0, 1, 1, 0, 0, 0];
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(3, 2, 3, [.. mask, .. new byte[6], .. mask]));
        Assert.Equal(mask, estimate.ToMask());
        Assert.Equal([1.0, 0, 1], estimate.Sensitivity.Select(value => Math.Round(value, 6)));
        Assert.All(estimate.Specificity, value => Assert.Equal(1, value, 1e-6));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.9)]
    public void Where_nobody_marked_anything_there_is_nothing_whatever_the_prior(double? prior)
    {
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(2, 1, 3, new byte[6]), new StapleOptions { Prior = prior });
        Assert.Equal([0, 0, 0], estimate.Probability);
        Assert.All(estimate.Sensitivity, value => Assert.Equal(double.NaN, value));
        Assert.Equal([1, 1], estimate.Specificity);
        Assert.True(estimate.Converged);
    }

    [Fact]
    public void Where_everybody_marked_everything_all_of_it_is_true()
    {
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(2, 1, 3, [1, 1, 1, 1, 1, 1]));
        Assert.Equal([1, 1, 1], estimate.Probability);
        Assert.Equal([1, 1], estimate.Sensitivity);
        Assert.All(estimate.Specificity, value => Assert.Equal(double.NaN, value));
    }

    [Fact]
    public void Two_hundred_raters_do_not_vanish_in_the_product()
    {
        // 199 raters mark the first two of six pixels. The last rater marks the first and the third pixel. So this rater found half of the
        // truth, and marked one of the four other pixels.
        byte[] crowd = [1, 1, 0, 0, 0, 0], loner = [1, 0, 1, 0, 0, 0];
        StapleEstimate estimate = Staple.Estimate(
            new RaterMasks(200, 2, 3, [.. Enumerable.Repeat(crowd, 199).SelectMany(mask => mask), .. loner]));
        Assert.True(estimate.Converged);
        Assert.Equal(crowd, estimate.ToMask());
        Assert.Equal(0.5, estimate.Sensitivity[^1], 1e-9);
        Assert.Equal(0.75, estimate.Specificity[^1], 1e-9);
        Assert.All(estimate.Sensitivity.Take(199), value => Assert.Equal(1, value, 1e-9));
    }

    [Fact]
    public void A_speck_that_one_of_many_raters_marked_is_no_number_gone_wrong()
    {
        // With the initial values, the probability of the speck is about 1e-2280, which is too small for a double.
        var pixels = new byte[200 * 6];
        pixels[0] = 1;
        StapleEstimate estimate = Staple.Estimate(new RaterMasks(200, 2, 3, pixels));
        Assert.All(estimate.Probability, value => Assert.InRange(value, 0f, 0.5f));
        Assert.All(estimate.Sensitivity.Concat(estimate.Specificity), value => Assert.InRange(value, 0, 1));
    }

    [Fact]
    public void Background_raises_specificity_and_leaves_sensitivity_alone()
    {
        byte[] first = [1, 1, 1, 0], second = [1, 1, 0, 0], third = [0, 1, 1, 1];
        RaterMasks Padded(int pixels) =>
            new(3, 1, 4 + pixels, [.. first, .. new byte[pixels], .. second, .. new byte[pixels], .. third, .. new byte[pixels]]);
        StapleEstimate close = Staple.Estimate(Padded(4)), wide = Staple.Estimate(Padded(400));
        Assert.True(wide.Specificity[2] > 0.99);
        Assert.True(close.Specificity[2] < 0.9);
        Assert.Equal(close.Sensitivity[1], wide.Sensitivity[1], 0.05);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var masks = new RaterMasks(1, 1, 1, [1]);
        Refused(new() { InitialSensitivity = 1 }, nameof(StapleOptions.InitialSensitivity));
        Refused(new() { InitialSpecificity = 0.5 }, nameof(StapleOptions.InitialSpecificity));
        Refused(new() { Prior = 0 }, nameof(StapleOptions.Prior));
        Refused(new() { Tolerance = double.NaN }, nameof(StapleOptions.Tolerance));
        Refused(new() { MaximumIterations = 0 }, nameof(StapleOptions.MaximumIterations));

        void Refused(StapleOptions options, string name) => Assert.StartsWith(
            name, Assert.Throws<ArgumentOutOfRangeException>(() => Staple.Estimate(masks, options)).Message, StringComparison.Ordinal);
    }

    /// <summary>One row of pixels. Each pattern of marks (bit r for rater r) occurs as often as the function says.</summary>
    private static RaterMasks FromPatterns(int raters, Func<int, int> count)
    {
        int[] patterns = [.. Enumerable.Range(0, 1 << raters).SelectMany(pattern => Enumerable.Repeat(pattern, count(pattern)))];
        return new(raters, 1, patterns.Length, [
            .. Enumerable.Range(0, raters).SelectMany(rater => patterns.Select(pattern => (byte)(pattern >> rater & 1))),
        ]);
    }
}
