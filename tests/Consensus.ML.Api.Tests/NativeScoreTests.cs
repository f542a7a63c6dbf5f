using Consensus.Imaging;
using Consensus.ML.Evaluation;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Maps of a smaller size than the raters' masks are scored at the size of the masks too.</summary>
public sealed class NativeScoreTests
{
    private readonly MLContext _ml = new(seed: 1);

    // A rater marked the upper left quarter of 4 × 4 pixels. Reduced by the nearest pixel (rows and columns 0 and 2), the mask is one
    // pixel. Brought back, that pixel is [1, 0.5, 0, 0; 0.5, 0.25, 0, 0; …]. Of the 4 marked pixels, 4, 3, 3, 1 and 1 have at least 0.1,
    // 0.3, 0.5, 0.7 and 0.9, and no other pixel has.
    private static readonly RaterMasks Quarter = new(1, 4, 4, [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    private const double Five = (1 + (6 / 7.0) + (6 / 7.0) + (2 / 5.0) + (2 / 5.0)) / 5;
    private const double Nine = ((2 * 1) + (3 * 6 / 7.0) + (4 * 2 / 5.0)) / 9;

    [Fact]
    public void A_map_of_the_models_size_is_scored_at_both_sizes()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(
            new[] { new Row { Masks = Quarter, Map = [1, 0, 0, 0], Image = Blobs.Image(1, size: 4) } });
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(data, "Map", "Masks", caseColumnName: null);
        CaseMetrics scored = Assert.Single(metrics.Cases);
        Assert.Equal((2, 2), (scored.Height, scored.Width));
        Assert.Equal(1, scored.SoftDice5, 1e-6);
        Assert.Equal(Five, scored.NativeSoftDice5, 1e-6);
        Assert.Equal(Nine, scored.NativeSoftDice9, 1e-6);

        // The map is the raters' own, so it reaches what resizing leaves.
        Assert.Equal(Five, scored.ResizingCeiling, 1e-6);
        Assert.Equal(Five, metrics.NativeSoftDice5, 1e-6);
        Assert.Equal(Nine, metrics.NativeSoftDice9, 1e-6);
        Assert.Equal(Five, metrics.ResizingCeiling, 1e-6);
    }

    [Fact]
    public void A_restored_map_has_one_score_and_knows_what_resizing_leaves()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(
            new[] { new Row { Masks = Quarter, Map = [1, 1, 0, 0], Image = Blobs.Image(1, size: 4) } });
        IDataView restored = _ml.Transforms.RestoreSlices("Restored", "Map", "Image").Fit(data).Transform(data);
        CaseMetrics scored = Assert.Single(_ml.Segmentation.Evaluate(restored, "Restored", "Masks", caseColumnName: null).Cases);
        Assert.Equal(4, scored.Height);
        Assert.Equal((scored.SoftDice5, scored.SoftDice9), (scored.NativeSoftDice5, scored.NativeSoftDice9));
        Assert.NotEqual(Five, scored.NativeSoftDice5, 1e-3);
        Assert.Equal(Five, scored.ResizingCeiling, 1e-6);
    }

    [Theory]
    [InlineData(true, new[] { 1f, 1f, 0f, 0f }, 1.0)]
    [InlineData(false, new[] { 1f, 0.5f, 0f, 0f }, (3 + (2 * 2 / 3.0)) / 5)]
    public void A_map_of_rounded_levels_is_brought_back_by_its_levels_if_they_are_there(bool areThere, float[] line, double expected)
    {
        // Two raters marked the first two of four columns. A map of half the size has columns 0 and 2, and column 1 lies halfway between
        // them. There, both levels are 0.55, so both are marked. The map itself is 1 and 0, and 0.5 between them; two of the five
        // thresholds are above that, and find one column of two.
        byte[] marked = [1, 1, 0, 0];
        SchemaDefinition schema = SchemaDefinition.Create(typeof(LevelsRow));
        schema["Map"].AddAnnotation(MapAnnotations.RoundedLevels, "Levels".AsMemory(), TextDataViewType.Instance);
        IDataView data = _ml.Data.LoadFromEnumerable(
            new[]
            {
                new LevelsRow
                {
                    Masks = new(2, 4, 4, [.. Enumerable.Repeat(marked, 8).SelectMany(one => one)]), Map = [1, 0, 1, 0],
                    Levels = [0.9f, 0.2f, 0.9f, 0.2f, 0.8f, 0.3f, 0.8f, 0.3f], Image = Blobs.Image(1, size: 4),
                },
            },
            schema);
        data = areThere ? data : _ml.Transforms.DropColumns("Levels").Fit(data).Transform(data);
        IDataView restored = _ml.Transforms.RestoreSlices("Restored", "Map", "Image").Fit(data).Transform(data);
        Assert.Equal(
            Enumerable.Repeat(line, 4).SelectMany(one => one), restored.GetColumn<Slice>(restored.Schema["Restored"]).Single().Pixels);
        Assert.Equal(expected, _ml.Segmentation.Evaluate(restored, "Restored", "Masks", caseColumnName: null).NativeSoftDice5, 1e-6);
        Assert.Equal(expected, _ml.Segmentation.Evaluate(data, "Map", "Masks", caseColumnName: null).NativeSoftDice5, 1e-6);
    }

    [Fact]
    public void A_map_of_unknown_origin_has_no_ceiling_and_the_table_says_why()
    {
        Slice map = new(1, 4, 4, [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new Row { Masks = Quarter, Map = [1, 0, 0, 0], Image = map } });
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(data, "Image", "Masks", caseColumnName: null);
        Assert.Equal(1, metrics.NativeSoftDice5, 1e-6);
        Assert.Equal(
            "the size of the model is not known",
            Assert.Single(metrics.Summary(SegmentationMeasure.ByName("ResizingCeiling")).LeftOut).Reason);
        CaseMetrics alone = CaseMetrics.Compute("a", [1, 0], new RaterMasks(1, 1, 2, [1, 0]));
        Assert.Equal(
            "it was not compared at its masks' own size",
            Assert.Single(new SegmentationMetrics([alone]).Summary(SegmentationMeasure.ByName("NativeSoftDice9")).LeftOut).Reason);
    }

    private sealed class Row
    {
        [RaterMasksType]
        public RaterMasks? Masks { get; set; }

        [VectorType(2, 2)]
        public float[] Map { get; set; } = [];

        [SliceType]
        public Slice? Image { get; set; }
    }

    private sealed class LevelsRow
    {
        [RaterMasksType]
        public RaterMasks? Masks { get; set; }

        [VectorType(2, 2)]
        public float[] Map { get; set; } = [];

        [VectorType(2, 2, 2)]
        public float[] Levels { get; set; } = [];

        [SliceType]
        public Slice? Image { get; set; }
    }
}
