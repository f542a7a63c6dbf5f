using Consensus.ML.Imaging;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Evaluation;

public sealed class SegmentationCatalogTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("consensus-evaluate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Masks_are_resized_to_the_map_before_they_are_compared()
    {
        // One rater marks the left half at 4 × 4; the map says the same at 2 × 2.
        string mask = Mask("mask.nii", 4, 4, (_, column) => column < 2);
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(Rows(new Row { Case = "a", SoftMap = [1, 0, 1, 0], AnnotationPaths = [mask] }));
        CaseMetrics one = Assert.Single(metrics.Cases);
        Assert.Equal("a", one.Name);
        Assert.Equal(1, one.SoftDice5, 1e-6);
        Assert.Equal((2, 2, 1), (one.Height, one.Width, one.Raters));
    }

    [Fact]
    public void The_truth_is_the_share_of_raters_who_marked_a_pixel()
    {
        // Two raters, one of whom marks everything: the share is one half everywhere, and so reaches 0.1, 0.3 and 0.5 but not 0.7 and 0.9.
        string[] masks = [Mask("all.nii", 2, 2, (_, _) => true), Mask("none.nii", 2, 2, (_, _) => false)];
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(Rows(new Row { Case = "a", SoftMap = [1, 1, 1, 1], AnnotationPaths = masks }));
        Assert.Equal(3.0 / 5, metrics.SoftDice5, 1e-5);
    }

    [Fact]
    public void Scores_are_reported_case_by_case_in_the_order_of_the_data()
    {
        string mask = Mask("mask.nii", 2, 2, (_, _) => true);
        var told = new List<string>();
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            Rows(new Row { Case = "b", SoftMap = [1, 1, 1, 1], AnnotationPaths = [mask] }, new Row { Case = "a", SoftMap = [0, 0, 0, 0], AnnotationPaths = [mask] }),
            progress: new Listener(one => told.Add(one.Name)));
        Assert.Equal(["b", "a"], told);
        Assert.Equal(0.5, metrics.SoftDice5, 1e-5);
    }

    [Fact]
    public void Without_a_case_column_the_rows_are_numbered()
    {
        string mask = Mask("mask.nii", 2, 2, (_, _) => true);
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(Rows(new Row { SoftMap = [1, 1, 1, 1], AnnotationPaths = [mask] }), caseColumnName: null);
        Assert.Equal("1", Assert.Single(metrics.Cases).Name);
    }

    [Fact]
    public void A_map_at_its_own_size_must_have_the_size_of_the_masks()
    {
        string mask = Mask("mask.nii", 2, 3, (row, _) => row == 0);
        SliceRow Row(int height, int width) => new() { Case = "a", SoftMap = new Slice(1, height, width, [.. Enumerable.Range(0, height * width).Select(i => i < width ? 1f : 0)]), AnnotationPaths = [mask] };
        Assert.Equal(1, _ml.Segmentation.Evaluate(_ml.Data.LoadFromEnumerable([Row(2, 3)])).SoftDice9, 1e-6);
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => _ml.Segmentation.Evaluate(_ml.Data.LoadFromEnumerable([Row(3, 2)])));
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
        Assert.Contains("'Truth'", Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, annotationsColumnName: "Truth")).Message, StringComparison.Ordinal);
        Assert.Contains("'Map'", Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, softMapColumnName: "Map")).Message, StringComparison.Ordinal);
        Assert.Contains("'Name'", Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, caseColumnName: "Name")).Message, StringComparison.Ordinal);
        Assert.Contains("'Case'", Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(rows, softMapColumnName: "Case")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_without_masks_is_named()
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => _ml.Segmentation.Evaluate(Rows(new Row { Case = "bare", SoftMap = [0, 0, 0, 0], AnnotationPaths = [] })));
        Assert.Contains("'bare'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_rows_at_all_are_refused() => Assert.Throws<ArgumentException>(() => _ml.Segmentation.Evaluate(Rows()));

    private IDataView Rows(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

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
