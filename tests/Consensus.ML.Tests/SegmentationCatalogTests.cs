using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests;

public sealed class SegmentationCatalogTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("consensus-evaluate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Masks_are_resized_to_the_map_before_they_are_compared()
    {
        // One rater marks the left half at 4 × 4. The map marks the same half at 2 × 2.
        string mask = Mask("mask.nii", 4, 4, (_, column) => column < 2);
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            Rows(new Row { Case = "a", SoftMap = [1, 0, 1, 0], AnnotationPaths = [mask] }));
        CaseMetrics one = Assert.Single(metrics.Cases);
        Assert.Equal("a", one.Name);
        Assert.Equal(1, one.SoftDice5, 1e-6);
        Assert.Equal((2, 2, 1), (one.Height, one.Width, one.Raters));
    }

    [Fact]
    public void The_truth_is_the_share_of_raters_who_marked_a_pixel()
    {
        // One of two raters marks everything. So the share is one half everywhere. It reaches 0.1, 0.3 and 0.5, but not 0.7 and 0.9.
        string[] masks = [Mask("all.nii", 2, 2, (_, _) => true), Mask("none.nii", 2, 2, (_, _) => false)];
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            Rows(new Row { Case = "a", SoftMap = [1, 1, 1, 1], AnnotationPaths = masks }));
        Assert.Equal(3.0 / 5, metrics.SoftDice5, 1e-5);
    }

    [Fact]
    public void Scores_are_reported_case_by_case_in_the_order_of_the_data()
    {
        string mask = Mask("mask.nii", 2, 2, (_, _) => true);
        var told = new List<string>();
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            Rows(
                new Row { Case = "b", SoftMap = [1, 1, 1, 1], AnnotationPaths = [mask] },
                new Row { Case = "a", SoftMap = [0, 0, 0, 0], AnnotationPaths = [mask] }),
            progress: new Listener(one => told.Add(one.Name)));
        Assert.Equal(["b", "a"], told);
        Assert.Equal(0.5, metrics.SoftDice5, 1e-5);
    }

    [Fact]
    public void Without_a_case_column_the_rows_are_numbered()
    {
        string mask = Mask("mask.nii", 2, 2, (_, _) => true);
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            Rows(new Row { SoftMap = [1, 1, 1, 1], AnnotationPaths = [mask] }), caseColumnName: null);
        Assert.Equal("1", Assert.Single(metrics.Cases).Name);
    }

    [Fact]
    public void A_map_at_its_own_size_must_have_the_size_of_the_masks()
    {
        string mask = Mask("mask.nii", 2, 3, (row, _) => row == 0);
        SliceRow Row(int height, int width) => new()
        {
            Case = "a",
            SoftMap = new Slice(1, height, width, [.. Enumerable.Range(0, height * width).Select(i => i < width ? 1f : 0)]),
            AnnotationPaths = [mask],
        };
        Assert.Equal(1, _ml.Segmentation.Evaluate(_ml.Data.LoadFromEnumerable([Row(2, 3)])).SoftDice9, 1e-6);
        InvalidDataException refused = Assert.Throws<InvalidDataException>(
            () => _ml.Segmentation.Evaluate(_ml.Data.LoadFromEnumerable([Row(3, 2)])));
        Assert.Contains("'a'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("2×3", refused.Message, StringComparison.Ordinal);
        Assert.Contains("3×2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1.5f)]
    [InlineData(-0.5f)]
    public void A_map_that_leaves_the_range_of_a_share_is_refused_with_its_case_and_place(float value)
    {
        string mask = Mask("mask.nii", 2, 2, (_, _) => true);
        InvalidDataException refused = Assert.Throws<InvalidDataException>(
            () => _ml.Segmentation.Evaluate(Rows(new Row { Case = "patient", SoftMap = [0, 0, value, 0], AnnotationPaths = [mask] })));
        Assert.Contains("'patient'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("row 1, column 0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        IDataView rows = Rows(new Row { Case = "a", SoftMap = [0, 0, 0, 0], AnnotationPaths = [] });
        Assert.Contains(
            "'Truth'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, annotationsColumnName: "Truth")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Map'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, softMapColumnName: "Map")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Name'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, caseColumnName: "Name")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Case'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, softMapColumnName: "Case")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_without_masks_is_named()
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(
            () => _ml.Segmentation.Evaluate(Rows(new Row { Case = "bare", SoftMap = [0, 0, 0, 0], AnnotationPaths = [] })));
        Assert.Contains("'bare'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_are_rounded_and_compared_with_the_raters_at_the_size_of_the_map()
    {
        // Masks of 4×4: one marks the left half, the other the upper half. Samples: the left half (a little unsure), nothing (a tie), and
        // everything.
        string[] masks = [Mask("left.nii", 4, 4, (_, column) => column < 2), Mask("up.nii", 4, 4, (row, _) => row < 2)];
        SampledRow Row(params float[] samples) =>
            new() { Case = "a", SoftMap = [1, 0.5f, 0.5f, 0], Uncertainty = [0, 1, 2, 3], Samples = samples, AnnotationPaths = masks };
        IDataView rows = SampledRows(Row(0.6f, 0.1f, 1, 0, 0.5f, 0.5f, 0.5f, 0.5f, 1, 1, 1, 1));
        CaseMetrics one = Assert.Single(_ml.Segmentation.Evaluate(rows).Cases);
        SampleSetMetrics set = SampleSetMetrics.Compute(
            new RaterMasks(3, 2, 2, [1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1]), new RaterMasks(2, 2, 2, [1, 0, 1, 0, 1, 1, 0, 0]));
        Assert.Equal(
            (3, set.GeneralizedEnergyDistance, set.MatchedIntersectionOverUnion),
            (one.Samples, one.GeneralizedEnergyDistance, one.MatchedIntersectionOverUnion));

        // A map that equals the raters' own map has no error that could be uncertain.
        Assert.Equal(double.NaN, one.UncertaintyErrorCorrelation);
        Assert.Equal(1, one.SoftDice9, 1e-6);

        // A row without samples, and rows whose samples are not read.
        Assert.Equal((0, double.NaN), Of(_ml.Segmentation.Evaluate(SampledRows(Row()))));
        Assert.Equal((0, double.NaN), Of(_ml.Segmentation.Evaluate(rows, samplesColumnName: null, uncertaintyColumnName: null)));
        Assert.Contains(
            "'Draws'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, samplesColumnName: "Draws")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Case'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, samplesColumnName: "Case")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Doubt'",
            Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, uncertaintyColumnName: "Doubt")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "column 'Samples' is 2 at row 1, column 0",
            Assert.Throws<InvalidDataException>(() => _ml.Segmentation.Evaluate(SampledRows(Row(0, 0, 0, 0, 0, 0, 2, 0)))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "5 values",
            Assert.Throws<InvalidDataException>(() => _ml.Segmentation.Evaluate(SampledRows(Row(0, 0, 0, 0, 1)))).Message,
            StringComparison.Ordinal);

        static (int, double) Of(SegmentationMetrics metrics) => (metrics.Cases[0].Samples, metrics.GeneralizedEnergyDistance);
    }

    [Fact]
    public void Samples_and_uncertainty_follow_a_map_that_was_brought_back_to_its_image()
    {
        // At 4×4, these are the raters' own maps. At 2×2, the nearest neighbour takes the same. Interpolation blurs them on the way back,
        // and rounding makes them sharp again.
        string mask = Mask("left.nii", 4, 4, (_, column) => column < 2);
        var row = new RestoredRow
        {
            Case = "a",
            NativeSoftMap = new Slice(1, 4, 4, [.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 ? 1f : 0)]),
            Samples = [1, 0, 1, 0],
            Uncertainty = [0, 1, 0, 1],
            AnnotationPaths = [mask],
        };
        CaseMetrics one = Assert.Single(_ml.Segmentation.Evaluate(SampledRows(row), softMapColumnName: "NativeSoftMap").Cases);
        Assert.Equal((4, 4, 1), (one.Height, one.Width, one.Samples));

        // What was taken from columns 0 and 2 comes back as 1, 0.5, 0, 0. A tie is background, so half of the marked pixels remain.
        Assert.Equal((4.0, 8.0, 0.5), (one.MeanSampleArea, one.MeanRaterArea, one.MatchedIntersectionOverUnion));

        row.NativeSoftMap = new Slice(1, 4, 4, new float[16]);
        one = Assert.Single(_ml.Segmentation.Evaluate(SampledRows(row), softMapColumnName: "NativeSoftMap").Cases);
        Assert.Equal(
            Calibration.UncertaintyErrorCorrelation([.. Rows(0, 0.5f, 1, 1)], new float[16], [.. Rows(1, 1, 0, 0)]),
            one.UncertaintyErrorCorrelation,
            1e-12);

        static IEnumerable<float> Rows(params float[] line) => Enumerable.Repeat(line, 4).SelectMany(value => value);
    }

    [Fact]
    public void Distances_are_in_millimetres_where_the_image_says_how_large_its_pixels_are()
    {
        // The image has 8×8 pixels of 0.5×2 mm, so a pixel at 4×4 is 1×4 mm. The map's single pixel is two columns right of the raters'
        // pixel.
        var row = new ImageRow
        {
            Case = "a",
            SoftMap = [.. Enumerable.Range(0, 16).Select(i => i == 2 ? 1f : 0)],
            AnnotationPaths = [Mask("corner.nii", 8, 8, (row, column) => row < 2 && column < 2)],
        };
        row.Image = new Slice(1, 8, 8, new float[64], new SliceGeometry(0.5, 2, [.. SliceGeometry.None.Affine]));
        CaseMetrics one = Assert.Single(_ml.Segmentation.Evaluate(SampledRows(row)).Cases);
        Assert.Equal(
            (DistanceUnit.Millimeters, 8.0, 4.0, 0.0),
            (one.DistanceUnit, one.HausdorffDistance95, one.SurfaceTolerance, one.NormalizedSurfaceDice));
        Assert.Equal(1, _ml.Segmentation.Evaluate(SampledRows(row), options: new() { SurfaceTolerance = 8 }).NormalizedSurfaceDice);

        row.Image = new Slice(1, 8, 8, new float[64]);
        one = Assert.Single(_ml.Segmentation.Evaluate(SampledRows(row)).Cases);
        Assert.Equal((DistanceUnit.Pixels, 2.0, 1.0), (one.DistanceUnit, one.HausdorffDistance95, one.SurfaceTolerance));
    }

    [Fact]
    public void No_rows_at_all_are_refused() => Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(Rows()));

    private IDataView Rows(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private IDataView SampledRows<T>(params T[] rows)
        where T : class
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(T));
        if (schema.FirstOrDefault(column => column.ColumnName == "Samples") is { } samples)
        {
            samples.ColumnType = new VectorDataViewType(NumberDataViewType.Single, 0, 2, 2);
        }

        return _ml.Data.LoadFromEnumerable(rows, schema);
    }

    private string Mask(string name, int height, int width, Func<int, int, bool> isMarked)
    {
        string path = Path.Combine(_folder, name);
        float[] pixels = [.. Enumerable.Range(0, height * width).Select(i => isMarked(i / width, i % width) ? 1f : 0)];
        NiftiFile.WriteSlice(path, new Slice(1, height, width, pixels));
        return path;
    }

    private sealed class Row
    {
        public string Case { get; set; } = "";

        [VectorType(2, 2)]
        public float[] SoftMap { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];
    }

    private sealed class SampledRow
    {
        public string Case { get; set; } = "";

        [VectorType(2, 2)]
        public float[] SoftMap { get; set; } = [];

        [VectorType(2, 2)]
        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];
    }

    private sealed class RestoredRow
    {
        public string Case { get; set; } = "";

        [SliceType]
        public Slice? NativeSoftMap { get; set; }

        [VectorType(2, 2)]
        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];
    }

    private sealed class ImageRow
    {
        public string Case { get; set; } = "";

        [SliceType]
        public Slice? Image { get; set; }

        [VectorType(4, 4)]
        public float[] SoftMap { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];
    }

    private sealed class SliceRow
    {
        public string Case { get; set; } = "";

        [SliceType]
        public Slice? SoftMap { get; set; }

        public string[] AnnotationPaths { get; set; } = [];
    }

    private sealed class Listener(Action<CaseMetrics> report) : IProgress<CaseMetrics>
    {
        public void Report(CaseMetrics value) => report(value);
    }
}
