using Consensus.Imaging;
using Consensus.Imaging.Draws;
using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Transforms;

/// <summary>The step that learns how raters differ together, and draws masks from soft maps.</summary>
public sealed class RaterMaskDrawingTests
{
    private const int Side = 8;

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void It_learns_from_the_raters_masks_at_the_size_of_the_soft_map()
    {
        // Each pixel of a mask is stored as 2 × 2 pixels, so that the masks come back to the size of the map unchanged.
        RaterMasks[] cases = [.. Enumerable.Range(0, 6).Select(i => RaterDraws.Draw(Ramp(), Side, Side, 5, new(0.4, 2), seed: i))];
        IDataView data = Rows([.. cases.Select(masks => new Row { SoftMap = Ramp(), AnnotationPaths = Doubled(masks) })]);
        RaterMaskDrawingTransformer drawing = _ml.Transforms.DrawRaterMasks(count: 3, seed: 7).Fit(data);
        Assert.Equal(RaterBehavior.Fit(cases), drawing.Behavior);
        Assert.Equal(("DrawnMasks", 3, 7), (drawing.OutputColumnName, drawing.Count, drawing.Seed));
    }

    [Fact]
    public void A_row_has_its_masks_whatever_rows_are_beside_it()
    {
        IDataView data = Rows(new Row { SoftMap = Ramp() }, new Row { SoftMap = Ramp(0.5f) }, new Row { SoftMap = Ramp() });
        float[][] drawn = Masks(Drawing(count: 20).Fit(data).Transform(data));
        Assert.All(drawn, masks => Assert.Equal(20 * Side * Side, masks.Length));
        Assert.All(drawn.SelectMany(masks => masks), value => Assert.True(value is 0 or 1));
        Assert.Equal(drawn[0], drawn[2]);
        Assert.NotEqual(drawn[0], drawn[1]);
        IDataView alone = Rows(new Row { SoftMap = Ramp(0.5f) });
        Assert.Equal(drawn[1], Masks(Drawing(count: 20).Fit(alone).Transform(alone))[0]);
        Assert.NotEqual(drawn[1], Masks(Drawing(count: 20, seed: 1).Fit(alone).Transform(alone))[0]);
    }

    [Fact]
    public void The_mean_of_a_rows_masks_is_its_soft_map()
    {
        const int Count = 4000;
        IDataView data = Rows(new Row { SoftMap = Ramp() });
        float[] masks = Masks(Drawing(Count).Fit(data).Transform(data))[0], map = Ramp();
        for (int pixel = 0; pixel < map.Length; pixel++)
        {
            double share = Enumerable.Range(0, Count).Average(mask => masks[(mask * map.Length) + pixel]);
            Assert.Equal(map[pixel], share, (4.5 * Math.Sqrt(map[pixel] * (1 - map[pixel]) / Count)) + 1e-9);
        }
    }

    [Fact]
    public void A_saved_step_draws_the_same_masks_in_any_culture()
    {
        IDataView data = Rows(new Row { SoftMap = Ramp() });
        RaterMaskDrawingTransformer drawing = Drawing(count: 5, seed: 3).Fit(data);
        using var zip = new MemoryStream();
        _ml.Model.Save(drawing, data.Schema, zip);
        zip.Position = 0;
        float[] again = ForeignCulture.Run(() => Masks(new MLContext().Model.Load(zip, out _).Transform(data))[0]);
        Assert.Equal(Masks(drawing.Transform(data))[0], again);
    }

    [Fact]
    public void It_composes_with_the_steps_before_it()
    {
        RaterMasks masks = RaterDraws.Draw(Ramp(), Side, Side, 3, new(0.4, 2), seed: 0);
        IDataView data = Rows(new Row { SoftMap = Ramp(), AnnotationPaths = Doubled(masks) });
        var model = _ml.Transforms.CopyColumns("Predicted", "SoftMap")
            .Append(_ml.Transforms.DrawRaterMasks("Drawn", "Predicted", count: 2))
            .Append(_ml.Transforms.CopyColumns("Copy", "Drawn"))
            .Fit(data);
        var type = Assert.IsType<VectorDataViewType>(model.GetOutputSchema(data.Schema)["Copy"].Type);
        Assert.Equal([2, Side, Side], type.Dimensions);
    }

    // The raters mark 1100 and 1000. With d = 1 − IoU, they are 1/2 apart: over all ordered pairs, E[d(Y, Y′)] is 1/4.
    [Theory]
    [InlineData("11001000", 0, 0.25)] // the raters' own masks
    [InlineData("11001100", 0.25, 0)] // 2·(0 + 1/2)/2 − 0 − 1/4
    [InlineData("00110011", 1.75, 0)] // 2·1 − 0 − 1/4
    public void Drawn_masks_are_scored_beside_the_samples(string drawn, double distance, double diversity)
    {
        var row = new ScoredRow
        {
            SoftMap = [1, 0.5f, 0, 0],
            Samples = [1, 1, 0, 0],
            DrawnMasks = [.. drawn.Select(mark => mark == '1' ? 1f : 0)],
            AnnotationPaths = [1, 1, 0, 0, 1, 0, 0, 0],
        };
        IDataView data = _ml.Data.LoadFromEnumerable([row, row]);
        SegmentationMetrics scores = _ml.Segmentation.Evaluate(data, caseColumnName: null);
        Assert.Equal(distance, scores.DrawnEnergyDistance, 1e-12);
        Assert.Equal(diversity, scores.DrawnDiversity, 1e-12);
        Assert.Equal((2, 1, 0.25), (scores.Cases[0].DrawnMasks, scores.Cases[0].Samples, scores.Cases[0].GeneralizedEnergyDistance));

        // Named as the samples, they have every measure of samples.
        Assert.Equal(distance, Scores(samples: "DrawnMasks").GeneralizedEnergyDistance, 1e-12);
        SegmentationMetrics without = Scores(samples: "Samples", drawnMasks: null);
        Assert.Equal(0, without.Cases[0].DrawnMasks);
        Assert.Equal(
            [new LeftOutCases("it has no drawn masks", 2)],
            without.Summary(SegmentationMeasure.ByName("DrawnEnergyDistance")).LeftOut);

        SegmentationMetrics Scores(string samples, string? drawnMasks = "DrawnMasks") => _ml.Segmentation.Evaluate(
            data, caseColumnName: null, samplesColumnName: samples, drawnMasksColumnName: drawnMasks);
    }

    [Fact]
    public void Raters_who_never_differ_leave_the_usual_behaviour()
    {
        float[] alike = [.. Enumerable.Range(0, 5 * 16 * 16).Select(i => i % 16 < 8 ? 1f : 0)];
        RaterMaskDrawingTransformer drawing = _ml.Transforms.DrawRaterMasks().Fit(
            Rows(new Row { SoftMap = Ramp(), AnnotationPaths = alike }));
        Assert.Equal((0.25, 0.037 * Side, 100), (drawing.Behavior.Correlation, drawing.Behavior.Length, drawing.Count));
    }

    [Fact]
    public void What_it_cannot_do_is_refused_with_the_reason()
    {
        Assert.Contains("count is 0; it must be from 1 to 10000", Refusal<ArgumentException>(() => Drawing(count: 0)));
        IDataView data = Rows(new Row { SoftMap = Ramp() });
        Assert.Contains("Column 'Absent' is missing", Refusal<ArgumentException>(
            () => _ml.Transforms.DrawRaterMasks("Drawn", "Absent").Fit(data)));
        Assert.Contains("height × width", Refusal<ArgumentException>(
            () => _ml.Transforms.DrawRaterMasks("Drawn", "AnnotationPaths").Fit(data)));
        Assert.Contains("Column 'Absent' is missing", Refusal<ArgumentException>(
            () => _ml.Transforms.DrawRaterMasks(annotationsColumnName: "Absent").Fit(data)));
        float[] wrong = Ramp();
        wrong[Side + 2] = 1.5f;
        IDataView outside = Rows(new Row { SoftMap = wrong });
        string message = Refusal<InvalidDataException>(() => Masks(Drawing(count: 1).Fit(outside).Transform(outside)));
        Assert.Contains("Column 'SoftMap' in row 0: The soft map is 1.5 at row 1, column 2", message);

        static string Refusal<T>(Action action)
            where T : Exception => Assert.Throws<T>(action).Message;
    }

    private RaterMaskDrawingEstimator Drawing(int count, int seed = 0) =>
        _ml.Transforms.DrawRaterMasks(behavior: new(0.3, 1.5), count: count, seed: seed);

    private IDataView Rows(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private static float[][] Masks(IDataView data) => [.. data.GetColumn<float[]>("DrawnMasks")];

    /// <summary>A soft map that falls from column to column, from 1 to 0.</summary>
    private static float[] Ramp(float largest = 1) => [.. Enumerable.Range(0, Side * Side).Select(i => largest * (7 - (i % Side)) / 7)];

    private static float[] Doubled(RaterMasks masks) =>
    [
        .. Enumerable.Range(0, 5 * 4 * Side * Side).Select(i => masks.Rater(Math.Min(i / (4 * Side * Side), masks.Raters - 1))[
            (((i / (2 * Side)) % (2 * Side) / 2) * Side) + (i % (2 * Side) / 2)]).Select(mark => (float)mark),
    ];

    private sealed class Row
    {
        [VectorType(Side, Side)]
        public float[] SoftMap { get; set; } = [];

        [VectorType(5, 2 * Side, 2 * Side)]
        public float[] AnnotationPaths { get; set; } = new float[5 * 4 * Side * Side];
    }

    private sealed class ScoredRow
    {
        [VectorType(1, 4)]
        public float[] SoftMap { get; set; } = [];

        [VectorType(1, 1, 4)]
        public float[] Samples { get; set; } = [];

        [VectorType(2, 1, 4)]
        public float[] DrawnMasks { get; set; } = [];

        [VectorType(2, 1, 4)]
        public float[] AnnotationPaths { get; set; } = [];
    }
}
